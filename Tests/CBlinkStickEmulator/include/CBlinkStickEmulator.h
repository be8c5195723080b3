// A BlinkStick in software: its descriptors, strings and reports, as answers to control transfers.
//
// Why this is C: it runs in the guest, which has no Swift runtime (blinkstick-vhci), and under libumockdev
// (blinkstick-testbed). Both hosts share this one table. The facts are those of the official Python program and
// of the firmware's report descriptor; no code of either is used.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    BLINKSTICK_VENDOR = 0x20a0,
    BLINKSTICK_PRODUCT = 0x41e5,
    BLINKSTICK_MAX_LEDS = 64,
    /// bRequest values of the HID specification, 7.2.
    BLINKSTICK_GET_REPORT = 0x01,
    BLINKSTICK_SET_REPORT = 0x09,
};

enum blinkstick_variant { BLINKSTICK_ORIGINAL, BLINKSTICK_PRO, BLINKSTICK_SQUARE, BLINKSTICK_NANO };

struct blinkstick {
    char serial[13];  // BSnnnnnn-M.m
    enum blinkstick_variant variant;
    uint8_t mode;  // report 4; a Pro obeys reports 5 to 9 in mode 2 only
    uint8_t led[BLINKSTICK_MAX_LEDS][3];
    uint8_t info[2][32];
    uint8_t configuration;
    int stalls;  // every SET_REPORT is refused
    // Told every colour that is set, also when it is the colour the LED has already.
    void (*color_was_set)(void *context, int led, uint8_t red, uint8_t green, uint8_t blue);
    void *context;
};

/// The variant comes from the serial, as programs decide it: `BS000001-1.0` is the original, `-2.` a Pro,
/// `-3.` a Square, or a Nano when `is_nano`. Returns 0, or -1 when the serial is not of that form.
int blinkstick_init(struct blinkstick *stick, const char *serial, int is_nano);

/// Answers a control transfer on endpoint 0. `setup` is the setup packet; `data` is what comes with an OUT
/// transfer, or takes what an IN transfer returns, and has room for the packet's wLength bytes.
/// Returns the number of bytes transferred, or a negative errno: -EPIPE for a stall.
int blinkstick_control(struct blinkstick *stick, const uint8_t setup[8], uint8_t *data);

/// Device descriptor and configuration descriptor, one after the other, as in the kernel's `descriptors` file.
/// Returns the number of bytes; at most 64.
size_t blinkstick_descriptors(const struct blinkstick *stick, uint8_t *buffer);
