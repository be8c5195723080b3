internal import CUdev

/// What udev still has to do.
enum UdevQueue {
    /// True when udev works on nothing, also where no udev runs.
    static var isEmpty: Bool {
        guard let udev = udev_new() else { return true }
        defer { udev_unref(udev) }
        guard let queue = udev_queue_new(udev) else { return true }
        defer { udev_queue_unref(queue) }
        return udev_queue_get_queue_is_empty(queue) != 0
    }
}
