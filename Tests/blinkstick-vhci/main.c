// An emulated BlinkStick for the kernel that this runs on: a USB device behind vhci_hcd.
//
//   blinkstick-vhci [--serial BS000001-3.0] [--nano] [--stall] LOGFILE
//
// The kernel's virtual host controller takes one end of a socket pair; this program is the device at the other
// end and speaks USB/IP (Documentation/usb/usbip_protocol.rst). When it ends, the device is unplugged. Every colour
// is appended to the log: `1718000000.123 led=1 05130c`, with the time of CLOCK_REALTIME.
//
// Why this is C: the guest has no Swift runtime.
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "CBlinkStickEmulator.h"

enum { CMD_SUBMIT = 1, CMD_UNLINK = 2, RET_SUBMIT = 3, RET_UNLINK = 4 };
enum { DIRECTION_IN = 1, FULL_SPEED = 2, MAX_PENDING = 64 };

/// All messages have this size; numbers are big endian except in the setup packet.
struct message {
    uint32_t command, sequence, device, direction, endpoint;
    union {
        struct {
            uint32_t flags, length, start_frame, packets, interval;
            uint8_t setup[8];
        } submit;
        struct {
            uint32_t status, length, start_frame, packets, errors;
            uint8_t padding[8];
        } answer;
        uint32_t unlink_sequence;
        uint32_t words[7];
    };
};
_Static_assert(sizeof(struct message) == 48, "the size that the protocol has");

static void fail(const char *what) {
    fprintf(stderr, "blinkstick-vhci: %s: %s\n", what, strerror(errno));
    exit(1);
}

/// Returns 0 when the other end is gone.
static int read_all(int fd, void *buffer, size_t length) {
    for (size_t done = 0; done < length;) {
        ssize_t count = read(fd, (char *)buffer + done, length - done);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return 0;
        done += (size_t)count;
    }
    return 1;
}

static void write_all(int fd, const void *buffer, size_t length) {
    for (size_t done = 0; done < length;) {
        ssize_t count = write(fd, (const char *)buffer + done, length - done);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) fail("write to the kernel");
        done += (size_t)count;
    }
}

static void log_color(void *context, int led, uint8_t red, uint8_t green, uint8_t blue) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    char line[80];
    int length = snprintf(
        line, sizeof line, "%lld.%03ld led=%d %02x%02x%02x\n", (long long)now.tv_sec, now.tv_nsec / 1000000, led,
        red, green, blue);
    write_all(*(int *)context, line, (size_t)length);
}

// Transfers on the interrupt endpoint: a BlinkStick never has anything to say there, so they stay pending until
// the kernel takes them back.
static uint32_t pending[MAX_PENDING];

static void remember(uint32_t sequence) {
    for (int i = 0; i < MAX_PENDING; i++)
        if (pending[i] == 0) {
            pending[i] = sequence;
            return;
        }
}

static int forget(uint32_t sequence) {
    for (int i = 0; i < MAX_PENDING; i++)
        if (pending[i] == sequence) return pending[i] = 0, 1;
    return 0;
}

static void answer(int fd, uint32_t command, uint32_t sequence, int status, const uint8_t *data, uint32_t length, int is_in) {
    struct message reply = {.command = htonl(command), .sequence = htonl(sequence)};
    reply.answer.status = htonl((uint32_t)status);
    if (command == RET_SUBMIT) {
        reply.answer.length = htonl(length);
        reply.answer.packets = 0xffffffff;
    }
    // One write, so that the kernel never sees half a message.
    uint8_t buffer[sizeof reply + 65536];
    memcpy(buffer, &reply, sizeof reply);
    size_t total = sizeof reply;
    if (is_in) {
        memcpy(buffer + total, data, length);
        total += length;
    }
    write_all(fd, buffer, total);
}

static void serve_submit(struct blinkstick *stick, int fd, const struct message *request) {
    uint32_t sequence = ntohl(request->sequence), length = ntohl(request->submit.length);
    int is_in = ntohl(request->direction) == DIRECTION_IN;
    uint8_t data[65536] = {0};
    if (length > sizeof data - 1) errno = EMSGSIZE, fail("transfer");
    if (!is_in && !read_all(fd, data, length)) exit(0);
    if (ntohl(request->endpoint) != 0) {
        remember(sequence);
        return;
    }
    int result = blinkstick_control(stick, request->submit.setup, data);
    uint32_t transferred = result < 0 ? 0 : (uint32_t)result;
    answer(fd, RET_SUBMIT, sequence, result < 0 ? result : 0, data, transferred, is_in);
}

/// Finds a free port for a full-speed device and gives it the kernel's end of the pair.
static void attach(int kernel_end) {
    const char *folder = "/sys/devices/platform/vhci_hcd.0";
    char path[100], line[200];
    snprintf(path, sizeof path, "%s/status", folder);
    FILE *status = fopen(path, "re");
    if (status == NULL) fail("open the controller's status (is vhci_hcd loaded?)");
    int port = -1;
    while (port < 0 && fgets(line, sizeof line, status) != NULL) {
        int number, state;
        if (sscanf(line, "hs %d %d", &number, &state) == 2 && state == 4) port = number;
    }
    fclose(status);
    if (port < 0) errno = EBUSY, fail("find a free port");
    snprintf(path, sizeof path, "%s/attach", folder);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) fail("open the controller");
    int length = snprintf(line, sizeof line, "%d %d %d %d", port, kernel_end, 1 << 16 | (port + 2), FULL_SPEED);
    if (write(fd, line, (size_t)length) < 0) fail("attach");
    close(fd);
}

int main(int argc, char **argv) {
    const char *serial = "BS000001-3.0";
    int is_nano = 0, stalls = 0, option;
    const struct option options[] = {
        {"serial", required_argument, NULL, 's'}, {"nano", no_argument, NULL, 'n'}, {"stall", no_argument, NULL, 'x'}, {0},
    };
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 's': serial = optarg; break;
        case 'n': is_nano = 1; break;
        case 'x': stalls = 1; break;
        default: return 64;
        }
    }
    struct blinkstick stick;
    if (optind + 1 != argc || blinkstick_init(&stick, serial, is_nano) != 0) {
        fprintf(stderr, "usage: blinkstick-vhci [--serial BSnnnnnn-M.m] [--nano] [--stall] LOGFILE\n");
        return 64;
    }
    int log = open(argv[optind], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (log < 0) fail(argv[optind]);
    stick.stalls = stalls;
    stick.color_was_set = log_color;
    stick.context = &log;

    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) fail("socketpair");
    attach(ends[0]);
    close(ends[0]);  // the kernel holds it; so the end of the connection is seen here
    struct message request;
    while (read_all(ends[1], &request, sizeof request)) {
        switch (ntohl(request.command)) {
        case CMD_SUBMIT: serve_submit(&stick, ends[1], &request); break;
        case CMD_UNLINK: {
            int was_pending = forget(ntohl(request.unlink_sequence));
            answer(ends[1], RET_UNLINK, ntohl(request.sequence), was_pending ? -ECONNRESET : 0, NULL, 0, 0);
            break;
        }
        default: errno = EPROTO, fail("message");
        }
    }
    return 0;
}
