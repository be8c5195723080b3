#include "CBlinkStickEmulator.h"

#include <errno.h>
#include <string.h>

// MARK: Descriptors (USB 2.0, chapter 9; HID 1.11, chapter 6)

// One vendor-defined feature report: identifier, and bytes without it.
#define FEATURE(id, count) 0x85, (id), 0x95, (count), 0x09, 0x00, 0xb2, 0x02, 0x01

static const uint8_t report_descriptor[] = {
    0x06, 0x00, 0xff,  // usage page: vendor
    0x09, 0x01,        // usage 1
    0xa1, 0x01,        // collection: application
    0x15, 0x00,        //   logical minimum 0
    0x26, 0xff, 0x00,  //   logical maximum 255
    0x75, 0x08,        //   report size: 8 bits
    FEATURE(1, 3),     //   first LED
    FEATURE(2, 32),    //   infoblock 1
    FEATURE(3, 32),    //   infoblock 2
    FEATURE(4, 1),     //   mode
    FEATURE(5, 5),     //   one LED
    FEATURE(6, 25),    //   8 LEDs
    FEATURE(7, 49),    //   16 LEDs
    FEATURE(8, 97),    //   32 LEDs
    FEATURE(9, 193),   //   64 LEDs
    0xc0,
};

static const uint8_t hid_descriptor[9] = {
    9, 0x21, 0x01, 0x01, 0, 1, 0x22, sizeof report_descriptor & 0xff, sizeof report_descriptor >> 8,
};

static const uint8_t configuration_start[18] = {
    9, 2, 34, 0, 1, 1, 0, 0x80, 50,  // configuration 1: 34 bytes, one interface, bus powered, 100 mA
    9, 4, 0, 0, 1, 3, 0, 0, 0,       // interface 0: HID, one endpoint
};

static const uint8_t endpoint_descriptor[7] = {7, 5, 0x81, 3, 8, 0, 100};  // interrupt IN, 8 bytes, 100 ms

static size_t device_descriptor(const struct blinkstick *stick, uint8_t *buffer) {
    // Programs tell Square and Nano apart by bcdDevice.
    uint16_t release = stick->variant == BLINKSTICK_NANO ? 0x0202 : 0x0200;
    const uint8_t bytes[18] = {
        18, 1, 0x10, 0x01, 0, 0, 0, 8,
        BLINKSTICK_VENDOR & 0xff, BLINKSTICK_VENDOR >> 8, BLINKSTICK_PRODUCT & 0xff, BLINKSTICK_PRODUCT >> 8,
        release & 0xff, release >> 8, 1, 2, 3, 1,
    };
    memcpy(buffer, bytes, sizeof bytes);
    return sizeof bytes;
}

static size_t configuration_descriptor(uint8_t *buffer) {
    memcpy(buffer, configuration_start, sizeof configuration_start);
    memcpy(buffer + 18, hid_descriptor, sizeof hid_descriptor);
    memcpy(buffer + 27, endpoint_descriptor, sizeof endpoint_descriptor);
    return 34;
}

size_t blinkstick_descriptors(const struct blinkstick *stick, uint8_t *buffer) {
    size_t length = device_descriptor(stick, buffer);
    return length + configuration_descriptor(buffer + length);
}

static size_t string_descriptor(const struct blinkstick *stick, int index, uint8_t *buffer) {
    const char *text = index == 1 ? "Agile Innovative Ltd" : index == 2 ? "BlinkStick" : index == 3 ? stick->serial : NULL;
    if (index == 0) {
        memcpy(buffer, (const uint8_t[]){4, 3, 0x09, 0x04}, 4);  // English
        return 4;
    }
    if (text == NULL) return 0;
    size_t length = 2;
    for (; *text != 0; text++) {
        buffer[length++] = (uint8_t)*text;
        buffer[length++] = 0;
    }
    buffer[0] = (uint8_t)length;
    buffer[1] = 3;
    return length;
}

// MARK: Reports

static void set_color(struct blinkstick *stick, int led, uint8_t red, uint8_t green, uint8_t blue) {
    static const int counts[] = {
        [BLINKSTICK_ORIGINAL] = 1, [BLINKSTICK_PRO] = 64, [BLINKSTICK_SQUARE] = 8, [BLINKSTICK_NANO] = 2,
    };
    if (led < 0 || led >= counts[stick->variant]) return;
    const uint8_t color[3] = {red, green, blue};
    memcpy(stick->led[led], color, 3);
    if (stick->color_was_set != NULL) stick->color_was_set(stick->context, led, red, green, blue);
}

/// LEDs in the reports 6 to 9; 0 for other reports.
static int leds_in_report(uint8_t id) { return id >= 6 && id <= 9 ? 8 << (id - 6) : 0; }

static int set_report(struct blinkstick *stick, uint8_t id, const uint8_t *data, size_t length) {
    if (stick->stalls) return -EPIPE;
    int count = leds_in_report(id);
    if (stick->variant == BLINKSTICK_ORIGINAL && id > 3) return -EPIPE;
    switch (id) {
    case 1:
        if (length < 4) return -EPIPE;
        set_color(stick, 0, data[1], data[2], data[3]);
        return (int)length;
    case 2:
    case 3:
        if (length > 33) return -EPIPE;
        memset(stick->info[id - 2], 0, 32);
        if (length > 1) memcpy(stick->info[id - 2], data + 1, length - 1);
        return (int)length;
    case 4:
        if (length < 2) return -EPIPE;
        stick->mode = data[1];
        return (int)length;
    }
    // The firmware of a Pro ignores what is for LEDs of a kind that it was not told to have, without an error.
    int ignores = stick->variant == BLINKSTICK_PRO && stick->mode != 2;
    if (id == 5) {
        if (length < 6) return -EPIPE;
        if (!ignores && data[1] == 0) set_color(stick, data[2], data[3], data[4], data[5]);
        return (int)length;
    }
    if (count > 0) {
        if (length < 2) return -EPIPE;
        if (ignores || data[1] != 0) return (int)length;
        for (int i = 0; i < count && 2 + 3 * (size_t)i + 2 < length; i++) {
            const uint8_t *color = data + 2 + 3 * i;  // green, red, blue
            set_color(stick, i, color[1], color[0], color[2]);
        }
        return (int)length;
    }
    return -EPIPE;
}

/// Returns the answer's length, 0 for a stall. The answer has at most 194 bytes.
static size_t get_report(const struct blinkstick *stick, uint8_t id, uint8_t *answer) {
    int count = leds_in_report(id);
    if (stick->variant == BLINKSTICK_ORIGINAL && id > 3) return 0;
    answer[0] = id;
    switch (id) {
    case 1:
        memcpy(answer + 1, stick->led[0], 3);
        return 4;
    case 2:
    case 3:
        memcpy(answer + 1, stick->info[id - 2], 32);
        return 33;
    case 4:
        answer[1] = stick->mode;
        return 2;
    }
    if (count == 0) return 0;
    answer[1] = 0;
    for (int i = 0; i < count; i++) {
        answer[2 + 3 * i] = stick->led[i][1];
        answer[3 + 3 * i] = stick->led[i][0];
        answer[4 + 3 * i] = stick->led[i][2];
    }
    return 2 + 3 * (size_t)count;
}

// MARK: Control transfers

/// Returns the answer's length, 0 for a stall. The answer has at most 194 bytes.
static size_t answer_in(const struct blinkstick *stick, uint8_t type, uint8_t request, uint16_t value, uint8_t *answer) {
    if ((type & 0x60) == 0x20) {  // class; the firmware does not look at the recipient
        if (request == BLINKSTICK_GET_REPORT) return get_report(stick, value & 0xff, answer);
        if (request == 0x02 || request == 0x03) return answer[0] = 0, 1;  // GET_IDLE, GET_PROTOCOL
        return 0;
    }
    switch (request) {
    case 0x00:  // GET_STATUS
        answer[0] = answer[1] = 0;
        return 2;
    case 0x08:  // GET_CONFIGURATION
        answer[0] = stick->configuration;
        return 1;
    case 0x0a:  // GET_INTERFACE
        answer[0] = 0;
        return 1;
    case 0x06:  // GET_DESCRIPTOR
        switch (value >> 8) {
        case 1: return device_descriptor(stick, answer);
        case 2: return configuration_descriptor(answer);
        case 3: return string_descriptor(stick, value & 0xff, answer);
        case 0x21: return memcpy(answer, hid_descriptor, sizeof hid_descriptor), sizeof hid_descriptor;
        case 0x22: return memcpy(answer, report_descriptor, sizeof report_descriptor), sizeof report_descriptor;
        }
    }
    return 0;
}

int blinkstick_control(struct blinkstick *stick, const uint8_t setup[8], uint8_t *data) {
    uint8_t type = setup[0], request = setup[1];
    uint16_t value = (uint16_t)(setup[2] | setup[3] << 8), length = (uint16_t)(setup[6] | setup[7] << 8);
    if (type & 0x80) {
        uint8_t answer[256];
        size_t available = answer_in(stick, type, request, value, answer);
        if (available == 0) return -EPIPE;
        if (available > length) available = length;
        memcpy(data, answer, available);
        return (int)available;
    }
    if ((type & 0x60) == 0x20) {
        if (request == BLINKSTICK_SET_REPORT) return set_report(stick, value & 0xff, data, length);
        return request == 0x0a || request == 0x0b ? 0 : -EPIPE;  // SET_IDLE, SET_PROTOCOL
    }
    switch (request) {
    case 0x09:  // SET_CONFIGURATION
        stick->configuration = value & 0xff;
        return 0;
    case 0x01:  // CLEAR_FEATURE
    case 0x03:  // SET_FEATURE
    case 0x0b:  // SET_INTERFACE
        return 0;
    }
    return -EPIPE;
}

int blinkstick_init(struct blinkstick *stick, const char *serial, int is_nano) {
    memset(stick, 0, sizeof *stick);
    if (strlen(serial) != 12 || strncmp(serial, "BS", 2) != 0 || serial[8] != '-' || serial[10] != '.') return -1;
    strcpy(stick->serial, serial);
    stick->mode = 2;
    switch (serial[9]) {
    case '1': stick->variant = BLINKSTICK_ORIGINAL; return 0;
    case '2': stick->variant = BLINKSTICK_PRO; return 0;
    case '3': stick->variant = is_nano ? BLINKSTICK_NANO : BLINKSTICK_SQUARE; return 0;
    }
    return -1;
}
