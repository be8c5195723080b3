// An emulated BlinkStick for one program on any host: no root, no USB, no device.
//
//   blinkstick-testbed [OPTIONS] LOGFILE COMMAND ARGS...
//
// Runs COMMAND in a world (libumockdev) in which a BlinkStick is the only USB device, and ends with its exit
// status. Every control transfer is appended to the log as
//
//   20 09 0005 0000 6: 05 00 01 05 13 0c
//
// bmRequestType, bRequest, wValue, wIndex, wLength and the bytes that were sent or returned. A transfer that was
// refused ends with ` stall`.
//
// The command must be linked dynamically: libumockdev's wrapper is a preloaded library.
// Why this is C: GObject's signals.
#define _GNU_SOURCE 1
#include <sys/ioctl.h>  // before usbdevice_fs.h, which uses _IOR without including it

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/usbdevice_fs.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <umockdev.h>
#include <unistd.h>

#include "CBlinkStickEmulator.h"

static const char node[] = "/dev/bus/usb/001/002";
static const char sys_path[] = "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-1";

enum { MAX_URBS = 16 };

struct urb {
    UMockdevIoctlData *urb, *buffer;
};

static struct blinkstick stick;
static int log_fd;
static int sets_until_removal = -1;  // negative: never
static atomic_int is_gone;           // the device answers no more

// Transfers that were done and not yet fetched. Only the thread that handles the calls uses them.
static struct urb finished[MAX_URBS];
static int finished_count;

static void write_log(const uint8_t setup[8], const uint8_t *data, int result) {
    char line[1024];
    int length = snprintf(
        line, sizeof line, "%02x %02x %04x %04x %d:", setup[0], setup[1], setup[2] | setup[3] << 8,
        setup[4] | setup[5] << 8, setup[6] | setup[7] << 8);
    int count = setup[0] & 0x80 ? (result < 0 ? 0 : result) : setup[6] | setup[7] << 8;
    for (int i = 0; i < count && length < (int)sizeof line - 16; i++)
        length += snprintf(line + length, sizeof line - (size_t)length, " %02x", data[i]);
    length += snprintf(line + length, sizeof line - (size_t)length, result < 0 ? " stall\n" : "\n");
    if (write(log_fd, line, (size_t)length) != length) perror("blinkstick-testbed: write to the log");
}

/// Carries out a control transfer; its result is fetched with a later call.
static int submit(UMockdevIoctlData *data) {
    struct usbdevfs_urb *urb = (struct usbdevfs_urb *)data->data;
    if (urb->type != USBDEVFS_URB_TYPE_CONTROL || urb->buffer_length < 8) return EINVAL;
    if (finished_count == MAX_URBS) return ENOMEM;
    UMockdevIoctlData *buffer = umockdev_ioctl_data_resolve(
        data, offsetof(struct usbdevfs_urb, buffer), (gsize)urb->buffer_length, NULL);
    if (buffer == NULL) return EFAULT;
    uint8_t *setup = buffer->data, *payload = setup + 8;
    if ((setup[6] | setup[7] << 8) > urb->buffer_length - 8) return EINVAL;
    int is_set = !(setup[0] & 0x80) && (setup[0] & 0x60) == 0x20 && setup[1] == BLINKSTICK_SET_REPORT;
    int result = blinkstick_control(&stick, setup, payload);
    write_log(setup, payload, result);
    urb->status = result < 0 ? result : 0;
    urb->actual_length = result < 0 ? 0 : result;
    finished[finished_count++] = (struct urb){.urb = umockdev_ioctl_data_ref(data), .buffer = buffer};
    if (is_set && sets_until_removal > 0 && --sets_until_removal == 0) is_gone = 1;
    return 0;
}

static int fetch(UMockdevIoctlData *data) {
    if (finished_count == 0) return is_gone ? ENODEV : EAGAIN;
    umockdev_ioctl_data_set_ptr(data, 0, finished[0].urb);
    umockdev_ioctl_data_unref(finished[0].buffer);
    umockdev_ioctl_data_unref(finished[0].urb);
    memmove(finished, finished + 1, (size_t)--finished_count * sizeof finished[0]);
    return 0;
}

static gboolean handle_ioctl(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer context) {
    (void)base, (void)context;
    gulong request = umockdev_ioctl_client_get_request(client);
    UMockdevIoctlData *argument = umockdev_ioctl_client_get_arg(client), *data = NULL;
    if (_IOC_SIZE(request) > 0) data = umockdev_ioctl_data_resolve(argument, 0, _IOC_SIZE(request), NULL);
    int error;
    if (_IOC_SIZE(request) > 0 && data == NULL) request = 0;
    switch (request) {
    case USBDEVFS_GET_CAPABILITIES:
        *(uint32_t *)data->data = 0;
        error = 0;
        break;
    case USBDEVFS_SUBMITURB: error = is_gone ? ENODEV : submit(data); break;
    case USBDEVFS_REAPURB:
    case USBDEVFS_REAPURBNDELAY: error = fetch(data); break;
    case USBDEVFS_DISCARDURB: error = EINVAL; break;  // every transfer is done when it was submitted
    case USBDEVFS_GETDRIVER: error = ENODATA; break;
    case USBDEVFS_CLAIMINTERFACE:
    case USBDEVFS_RELEASEINTERFACE: error = is_gone ? ENODEV : 0; break;
    default: error = is_gone ? ENODEV : ENOTTY; break;
    }
    umockdev_ioctl_client_complete(client, error == 0 ? 0 : -1, error);
    if (data != NULL) umockdev_ioctl_data_unref(data);
    return TRUE;
}

static void add_device(UMockdevTestbed *testbed) {
    uint8_t descriptors[64];
    size_t length = blinkstick_descriptors(&stick, descriptors);
    char hex[2 * sizeof descriptors + 1], text[2048];
    for (size_t i = 0; i < length; i++) sprintf(hex + 2 * i, "%02X", descriptors[i]);
    snprintf(
        text, sizeof text,
        "P: %s\nN: %s=%s\n"
        "E: DEVNAME=%s\nE: DEVTYPE=usb_device\nE: SUBSYSTEM=usb\nE: BUSNUM=001\nE: DEVNUM=002\n"
        "E: MAJOR=189\nE: MINOR=1\nE: PRODUCT=20a0/41e5/200\n"
        "A: busnum=1\\n\nA: devnum=2\\n\nA: dev=189:1\\n\nA: bConfigurationValue=1\\n\nA: speed=12\\n\n"
        "A: idVendor=20a0\\n\nA: idProduct=41e5\\n\nA: serial=%s\\n\nA: manufacturer=Agile Innovative Ltd\\n\n"
        "A: product=BlinkStick\\n\nH: descriptors=%s\n\n",
        sys_path + 4, node + 5, hex, node, stick.serial, hex);
    GError *error = NULL;
    UMockdevIoctlBase *handler = umockdev_ioctl_base_new();
    g_signal_connect(handler, "handle-ioctl", G_CALLBACK(handle_ioctl), NULL);
    if (!umockdev_testbed_add_from_string(testbed, text, &error)
        || !umockdev_testbed_attach_ioctl(testbed, node, handler, &error)) {
        fprintf(stderr, "blinkstick-testbed: %s\n", error->message);
        g_object_unref(testbed);
        exit(70);
    }
}

/// Waits for the command; takes the device away when its time has come.
static int wait_for(pid_t command, UMockdevTestbed *testbed) {
    int status = 0, was_removed = 0;
    while (waitpid(command, &status, WNOHANG) == 0) {
        if (sets_until_removal == 0 && is_gone && !was_removed) {
            was_removed = 1;
            umockdev_testbed_uevent(testbed, sys_path, "remove");
            umockdev_testbed_remove_device(testbed, sys_path);
        }
        usleep(1000);
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int usage(void) {
    fprintf(
        stderr,
        "usage: blinkstick-testbed [OPTIONS] LOGFILE COMMAND ARGS...\n"
        "  --serial BSnnnnnn-M.m  the stick's serial (BS000001-3.0, a Square)\n"
        "  --nano                 a Nano, when the serial ends with -3.m\n"
        "  --mode N               a Pro's mode (2)\n"
        "  --absent               there is no stick\n"
        "  --nodev                there is one, and it answers to nothing (ENODEV)\n"
        "  --stall                it refuses every report that is set\n"
        "  --remove-after N       it is pulled after N reports\n");
    return 64;
}

int main(int argc, char **argv) {
    const char *serial = "BS000001-3.0";
    int is_nano = 0, is_absent = 0, stalls = 0, mode = 2, option;
    enum { SERIAL, NANO, MODE, ABSENT, NODEV, STALL, REMOVE_AFTER };
    const struct option options[] = {
        {"serial", required_argument, NULL, SERIAL},
        {"nano", no_argument, NULL, NANO},
        {"mode", required_argument, NULL, MODE},
        {"absent", no_argument, NULL, ABSENT},
        {"nodev", no_argument, NULL, NODEV},
        {"stall", no_argument, NULL, STALL},
        {"remove-after", required_argument, NULL, REMOVE_AFTER},
        {0},
    };
    while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1) {
        switch (option) {
        case SERIAL: serial = optarg; break;
        case NANO: is_nano = 1; break;
        case MODE: mode = atoi(optarg); break;
        case ABSENT: is_absent = 1; break;
        case NODEV: is_gone = 1; break;
        case STALL: stalls = 1; break;
        case REMOVE_AFTER: sets_until_removal = atoi(optarg); break;
        default: return usage();
        }
    }
    if (argc - optind < 2 || blinkstick_init(&stick, serial, is_nano) != 0) return usage();
    stick.stalls = stalls;
    stick.mode = (uint8_t)mode;
    log_fd = open(argv[optind], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (log_fd < 0) return perror(argv[optind]), 70;

    // The device's events are sent through a libudev that must see the testbed, as the command must.
    const char *preload = getenv("LD_PRELOAD");
    if (preload == NULL || strstr(preload, "libumockdev-preload") == NULL) {
        setenv("LD_PRELOAD", "libumockdev-preload.so.0", 1);
        execv("/proc/self/exe", argv);
        return perror("/proc/self/exe"), 70;
    }
    UMockdevTestbed *testbed = umockdev_testbed_new();
    if (!is_absent) add_device(testbed);

    pid_t parent = getpid(), command = fork();
    if (command < 0) return perror("blinkstick-testbed: fork"), 70;
    if (command == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(70);
        execvp(argv[optind + 1], argv + optind + 1);
        perror(argv[optind + 1]);
        _exit(127);
    }
    int status = wait_for(command, testbed);
    g_object_unref(testbed);  // removes its folder
    return status;
}
