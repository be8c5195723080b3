#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Noreturn void fail(const char *call, const char *subject) {
    fprintf(stderr, "floor: %s '%s': %s\n", call, subject, strerror(errno));
    exit(1);
}

_Noreturn void refuse(const char *message, const char *subject) {
    fprintf(stderr, "floor: %s '%s'\n", message, subject);
    exit(64);
}

uint64_t number(const char *text) {
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (errno || end == text || *end) refuse("not a number:", text);
    return value;
}

void *allocate(size_t size) {
    void *memory = malloc(size);
    if (!memory) fail("malloc", "");
    return memory;
}

char *joined(const char *folder, const char *name) {
    if (!*folder) return strdup(name);
    size_t length = strlen(folder) + strlen(name) + 2;
    char *path = allocate(length);
    snprintf(path, length, "%s/%s", folder, name);
    return path;
}

// splitmix64: one step scatters any seed.
uint64_t scattered(uint64_t seed) {
    seed += 0x9e3779b97f4a7c15u;
    seed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9u;
    seed = (seed ^ (seed >> 27)) * 0x94d049bb133111ebu;
    return seed ^ (seed >> 31);
}

void fill(void *bytes, size_t size, uint64_t seed) {
    uint64_t state = scattered(seed) | 1;
    unsigned char *to = bytes;
    for (size_t done = 0; done < size; done += 8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        memcpy(to + done, &state, size - done < 8 ? size - done : 8);
    }
}

uint64_t changed_block(uint64_t hundred, uint64_t round) {
    return hundred * 100 + scattered(hundred * 1000003 + round) % 100;
}

void write_all(int fd, const void *bytes, size_t size, off_t offset, const char *name) {
    const char *from = bytes;
    while (size > 0) {
        ssize_t count = pwrite(fd, from, size, offset);
        if (count < 0) fail("pwrite", name);
        from += count;
        offset += count;
        size -= (size_t)count;
    }
}

int open_folder(int at, const char *path) {
    int fd = openat(at, *path ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) fail("openat", path);
    return fd;
}

static const struct {
    const char *name;
    int arguments;  // -1: any number
    int (*run)(char **);
    const char *usage;
} modes[] = {
    {"make-files", 4, make_files, "FOLDER COUNT SIZE plain|attributes"},
    {"make-links", 4, make_links, "FOLDER COUNT NAMES SIZE"},
    {"make-large", 3, make_large, "FILE SIZE SEED"},
    {"make-holes", 3, make_holes, "FILE SIZE DATA"},
    {"touch-files", 4, touch_files, "FOLDER COUNT SIZE ROUND"},
    {"change-blocks", 2, change_blocks, "FILE ROUND"},
    {"scan", 2, scan_tree, "FOLDER THREADS"},
    {"read", 2, read_tree, "FOLDER THREADS"},
    {"copy", 4, copy_tree, "SOURCE DESTINATION THREADS direct|tmpfile"},
    {"update", 4, update_tree, "SOURCE DESTINATION THREADS SINCE"},
    {"patch", 3, patch_file, "SOURCE DESTINATION ROUND"},
    {"rename", 2, rename_entry, "FROM TO"},
    {"measure", -1, measure, "[--cold] [--cgroup DIR] [--sync DIR] [--disk NAME]... REPORT PROGRAM [ARGUMENT]..."},
};

int main(int count, char **arguments) {
    for (size_t mode = 0; count > 1 && mode < sizeof modes / sizeof *modes; mode++) {
        if (strcmp(arguments[1], modes[mode].name) != 0) continue;
        if (modes[mode].arguments >= 0 && modes[mode].arguments != count - 2) break;
        return modes[mode].run(arguments + 2);
    }
    fprintf(stderr, "usage:\n");
    for (size_t mode = 0; mode < sizeof modes / sizeof *modes; mode++)
        fprintf(stderr, "  extbackup-floor %s %s\n", modes[mode].name, modes[mode].usage);
    return 64;
}
