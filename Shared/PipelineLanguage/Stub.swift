// PipelineLanguage
