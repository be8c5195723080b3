#include "CTOML.h"

// toml++ asserts what it did not always check, and without assertions it assumes it. A text must not end the process.
#undef NDEBUG
namespace {
struct wrong_assumption {};
}
#define TOML_ASSERT(expression) ((expression) ? static_cast<void>(0) : throw wrong_assumption())

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <algorithm>
#include <deque>
#include <new>
#include <sstream>
#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <vector>

struct ext_toml {
    std::vector<ext_toml_node> nodes;
    std::deque<std::string> texts;  // a deque: its elements do not move
    std::string error;
    uint32_t line = 0;
    uint32_t column = 0;

    const std::string &keep(std::string text) {
        return texts.emplace_back(std::move(text));
    }

    void add(const toml::node &node, int32_t parent, std::string_view key, const toml::source_region &place);
    void add_children(const toml::table &table, int32_t parent);
};

static bool is_before(const toml::source_position &left, const toml::source_position &right) {
    return left.line != right.line ? left.line < right.line : left.column < right.column;
}

void ext_toml::add_children(const toml::table &table, int32_t parent) {
    // toml++ keeps keys sorted by name; people want the first mistake of their text first.
    std::vector<std::pair<const toml::key *, const toml::node *>> entries;
    for (auto &&[key, value] : table) entries.emplace_back(&key, &value);
    std::sort(entries.begin(), entries.end(), [](auto &left, auto &right) {
        return is_before(left.first->source().begin, right.first->source().begin);
    });
    for (auto &[key, value] : entries) add(*value, parent, key->str(), key->source());
}

void ext_toml::add(
    const toml::node &node, int32_t parent, std::string_view key, const toml::source_region &place) {
    ext_toml_node entry{};
    entry.parent = parent;
    const std::string &name = keep(std::string(key));
    entry.key = name.data();
    entry.key_length = name.size();
    entry.line = place.begin.line;
    entry.column = place.begin.column;
    auto keep_text = [&](std::string value) {
        const std::string &text = keep(std::move(value));
        entry.text = text.data();
        entry.text_length = text.size();
    };
    auto as_text = [](const auto &value) {
        std::ostringstream stream;
        stream << value;
        return stream.str();
    };
    const int32_t index = static_cast<int32_t>(nodes.size());
    switch (node.type()) {
        case toml::node_type::table: entry.kind = EXT_TOML_TABLE; break;
        case toml::node_type::array: entry.kind = EXT_TOML_ARRAY; break;
        case toml::node_type::string:
            entry.kind = EXT_TOML_STRING;
            keep_text(node.as_string()->get());
            break;
        case toml::node_type::integer:
            entry.kind = EXT_TOML_INTEGER;
            entry.integer = node.as_integer()->get();
            break;
        case toml::node_type::floating_point:
            entry.kind = EXT_TOML_FLOAT;
            entry.number = node.as_floating_point()->get();
            break;
        case toml::node_type::boolean:
            entry.kind = EXT_TOML_BOOLEAN;
            entry.integer = node.as_boolean()->get() ? 1 : 0;
            break;
        case toml::node_type::date:
            entry.kind = EXT_TOML_DATE;
            keep_text(as_text(node.as_date()->get()));
            break;
        case toml::node_type::time:
            entry.kind = EXT_TOML_DATE;
            keep_text(as_text(node.as_time()->get()));
            break;
        case toml::node_type::date_time:
            entry.kind = EXT_TOML_DATE;
            keep_text(as_text(node.as_date_time()->get()));
            break;
        case toml::node_type::none: return;
    }
    nodes.push_back(entry);
    if (const toml::table *table = node.as_table()) add_children(*table, index);
    if (const toml::array *array = node.as_array())
        for (auto &&element : *array) add(element, index, std::string_view{}, element.source());
}

static void parse(ext_toml *document, std::string_view text) {
    toml::parse_result result = toml::parse(text);
    if (!result) {
        document->error = std::string(result.error().description());
        document->line = result.error().source().begin.line;
        document->column = result.error().source().begin.column;
        return;
    }
    document->add(result.table(), -1, std::string_view{}, result.table().source());
}

extern "C" ext_toml *ext_toml_parse(const char *text, size_t length) {
    ext_toml *document = new (std::nothrow) ext_toml;
    if (!document) return nullptr;
    try {
        parse(document, std::string_view(text, length));
    } catch (const wrong_assumption &) {
        document->error = "no TOML that can be read";
        document->line = 1;
        document->column = 1;
    }
    return document;
}

extern "C" const char *ext_toml_error(const ext_toml *document, uint32_t *line, uint32_t *column) {
    *line = document->line;
    *column = document->column;
    return document->error.empty() ? nullptr : document->error.c_str();
}

extern "C" const ext_toml_node *ext_toml_nodes(const ext_toml *document, size_t *count) {
    *count = document->nodes.size();
    return document->nodes.data();
}

extern "C" void ext_toml_free(ext_toml *document) {
    delete document;
}
