#ifndef SLIPWAY_CCURL_H
#define SLIPWAY_CCURL_H

#include <curl/curl.h>

#endif
