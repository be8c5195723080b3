// A C face for toml++ (Debian's libtomlplusplus-dev), which knows where in the text each key and value
// stands. Swift gets the document as one flat list in the order of the text.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ext_toml ext_toml;

enum {
    EXT_TOML_TABLE = 0,
    EXT_TOML_ARRAY = 1,
    EXT_TOML_STRING = 2,
    EXT_TOML_INTEGER = 3,
    EXT_TOML_FLOAT = 4,
    EXT_TOML_BOOLEAN = 5,
    EXT_TOML_DATE = 6
};

typedef struct {
    int32_t kind;
    /// Index of the table or array that holds this node; -1 for the document.
    int32_t parent;
    /// The key in the holding table; not terminated; length 0 in arrays.
    const char *key;
    size_t key_length;
    /// A string's bytes, or a date as written by toml++.
    const char *text;
    size_t text_length;
    /// An integer, or a boolean as 0 or 1.
    int64_t integer;
    double number;
    /// Where the key stands (in arrays: the value). Lines and columns count from 1.
    uint32_t line;
    uint32_t column;
} ext_toml_node;

/// Parses a document. Never null but when memory is out.
ext_toml *ext_toml_parse(const char *text, size_t length);

/// The error's text, or null after a success.
const char *ext_toml_error(const ext_toml *document, uint32_t *line, uint32_t *column);

/// All nodes; a parent comes before its children, children in the order of the text.
const ext_toml_node *ext_toml_nodes(const ext_toml *document, size_t *count);

void ext_toml_free(ext_toml *document);

#ifdef __cplusplus
}
#endif
