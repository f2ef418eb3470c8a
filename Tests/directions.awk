# Holds the folders of a target to the directions that Tests/directions lists: which types each folder declares, and which of
# them, imports and words each file uses. Reads the list first, then Swift files in the order given, all of them twice:
#   awk -f Tests/directions.awk pass=0 Tests/directions pass=1 FILE… pass=2 FILE…
# Prints a line for each finding. What strings and comments say counts for `write` alone, but what is interpolated in
# strings is code.

BEGIN { names = "^[A-Za-z_][A-Za-z_0-9]*" }

FNR == 1 { depth = 0; comment = 0; quotes = 0; extended = "" }

# --- The list: `in FOLDER`, then `FOLDER: FOLDERS` and `only FOLDERS import|say|write NAMES`

pass == 0 && (NF == 0 || $1 == "#") { next }
pass == 0 && $1 == "in" { root = $2; next }
pass == 0 && $1 == "only" {
    rule = 0
    for (i = 2; i <= NF; i++) {
        if (!rule && ($i == "import" || $i == "say" || $i == "write")) { rule = $i; continue }
        if (!rule) { folders = folders " " full($i); continue }
        limit[rule, root, $i] = folders " "
    }
    folders = ""
    next
}
pass == 0 {
    name = substr($1, 1, length($1) - 1)
    for (i = 2; i <= NF; i++) {
        if (!(full($i) in listed)) print FILENAME ":" FNR ": " name " may use only what is listed above it, not " $i
        may[full(name), full($i)] = 1
    }
    listed[full(name)] = root
    next
}

# --- The code

function full(name) { return name == "." ? root : root "/" name }
function short(folder) { return folder == root ? root : substr(folder, length(root) + 2) }

# The folder of a file.
function place(path,    folder) {
    folder = path
    sub(/\/[^\/]*$/, "", folder)
    return folder
}

# The line without comments and texts. Keeps what is interpolated; the texts go to `written`.
function code(line,    out, rest, c, hashes, close_) {
    out = written = ""
    while (line != "") {
        if (comment) {
            if (match(line, /\*\//)) { line = substr(line, RSTART + 2); comment-- } else return out
            continue
        }
        if (quotes && !nested[quotes]) {
            close_ = ends[quotes]
            if (index(line, close_) == 1) { line = substr(line, length(close_) + 1); quotes--; continue }
            rest = "\\" hash[quotes]
            if (index(line, rest "(") == 1) {
                nested[quotes] = 1
                out = out " "
                line = substr(line, length(rest) + 2)
            } else if (index(line, rest) == 1) { line = substr(line, length(rest) + 2); written = written " " }
            else { written = written substr(line, 1, 1); line = substr(line, 2) }
            continue
        }
        c = substr(line, 1, 1)
        if (c == "/" && substr(line, 2, 1) == "/") return out
        if (c == "/" && substr(line, 2, 1) == "*") { comment++; line = substr(line, 3); continue }
        if (match(line, /^#*"/)) {
            hashes = substr(line, 1, RLENGTH - 1)
            line = substr(line, RLENGTH + 1)
            close_ = "\""
            if (substr(line, 1, 2) == "\"\"") { close_ = "\"\"\""; line = substr(line, 3) }
            quotes++
            hash[quotes] = hashes
            ends[quotes] = close_ hashes
            nested[quotes] = 0
            out = out " "
            continue
        }
        if (quotes && c == "(") nested[quotes]++
        if (quotes && c == ")" && --nested[quotes] == 0) { line = substr(line, 2); out = out " "; continue }
        out = out c
        line = substr(line, 2)
    }
    # A text of one line ends with it.
    while (quotes && !nested[quotes] && length(ends[quotes]) == length(hash[quotes]) + 1) quotes--
    return out
}

function declare(kind, name, folder, isPrivate) {
    if (kind ~ /^(struct|class|enum|actor|protocol|typealias)$/) {
        if (depth == 0 && !isPrivate) {
            if (name in home && home[name] != folder) home[name] = "several"; else home[name] = folder
        } else inner[FILENAME, name] = 1
    } else if (kind ~ /^(func|var|let|case)$/) {
        declared[name]++
        if (depth == 1 && extended != "" && !isPrivate) { added[name] = folder; of[name] = extended }
    }
}

function report(line) { print FILENAME ":" FNR ": " line }

pass == 1 || pass == 2 {
    folder = place(FILENAME)
    text = code($0)
    if (!(folder in listed)) {
        if (pass == 2 && FNR == 1) report(folder " is not listed in Tests/directions")
        next
    }
    root = listed[folder]
    if (pass == 2) for (i = split(written, words, /[^A-Za-z_0-9]+/); i > 0; i--) limited("write", "writes", words[i])
    if (text ~ /^ *(@[a-zA-Z_]+ +)*((public|package|internal|fileprivate|private) +)?import +/) {
        sub(/^.*import +/, "", text)
        sub(/[^A-Za-z_0-9].*$/, "", text)
        if (pass == 2) limited("import", "imports", text)
        next
    }
    isPrivate = text ~ /(^| )(private|fileprivate) /
    before = ""
    receiver = ""
    previous = ""
    while (text != "") {
        if (match(text, names)) {
            word = substr(text, 1, RLENGTH)
            text = substr(text, RLENGTH + 1)
            if (pass == 1) {
                if (previous == "extension" && depth == 0) extended = word
                else if (previous ~ /^(struct|class|enum|actor|protocol|typealias)$/ && depth == 0) extended = ""
                declare(previous, word, folder, isPrivate)
            } else used(word, before)
            previous = word
            receiver = word
            before = ""
            continue
        }
        receiver = before == "" && receiver != "" ? receiver : before
        before = substr(text, 1, 1)
        if (before == "{") depth++
        if (before == "}") depth--
        if (before != " ") previous = before
        text = substr(text, 2)
    }
}

function limited(rule, does, word) {
    if ((rule, root, word) in limit && index(limit[rule, root, word], " " folder " ") == 0)
        report(short(folder) " " does " " word)
}

function used(word, before,    owner) {
    limited("say", "says", word)
    if (before == ".") {
        # A member that an extension in another folder gives to a type of the target, if nothing else is called so.
        if (receiver !~ /[A-Za-z_0-9)\]?!]$/ || !(word in added) || declared[word] > 1 || !(of[word] in home)) return
        owner = added[word]
    } else {
        if (!(word in home) || ((FILENAME, word) in inner)) return
        owner = home[word]
    }
    if (owner == folder || owner == "several" || listed[owner] != root || ((folder, owner) in may)) return
    report(short(folder) " uses " word " of " short(owner))
}
