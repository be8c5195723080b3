// The benchmark's floor: what the bare system calls cost, without any of a copier's care. Besides, it makes the
// trees that are copied, and measures programs. It is C so that nothing else is in the figures.

#ifndef FLOOR_H
#define FLOOR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

enum { block_size = 64 << 10, chunk_size = 1 << 20, files_per_folder = 100, path_limit = 4096 };

/// Ends the program with a message of errno.
_Noreturn void fail(const char *call, const char *subject);
/// Ends the program with a message.
_Noreturn void refuse(const char *message, const char *subject);
uint64_t number(const char *text);
void *allocate(size_t size);
char *joined(const char *folder, const char *name);

/// Bytes that follow from the seed alone.
void fill(void *bytes, size_t size, uint64_t seed);
/// A number that follows from the seed alone.
uint64_t scattered(uint64_t seed);
/// The block that round number `round` changes among the hundred blocks from `hundred` on.
uint64_t changed_block(uint64_t hundred, uint64_t round);
void write_all(int fd, const void *bytes, size_t size, off_t offset, const char *name);
int open_folder(int at, const char *path);

/// What a walk meets. Folders are given before what is in them; several threads call at once.
struct entry {
    int folder;        // the folder it is in, open
    const char *path;  // from the root of the walk
    const char *name;  // the last part of the path
    struct statx status;
    int worker;
};
typedef void visitor(const struct entry *entry, void *context);

/// Walks a tree with some threads, one folder a task.
void walk(const char *root, int workers, visitor *visit, void *context);

int make_files(char **arguments);
int make_links(char **arguments);
int make_large(char **arguments);
int make_holes(char **arguments);
int touch_files(char **arguments);
int change_blocks(char **arguments);
int scan_tree(char **arguments);
int read_tree(char **arguments);
int copy_tree(char **arguments);
int update_tree(char **arguments);
int patch_file(char **arguments);
int rename_entry(char **arguments);
int measure(char **arguments);

#endif
