package io.headgate.gateway.route;

/** How much of a list one answer holds: so many items, or fewer if they are large. */
public record PageSize(int items, int bytes) {
    public static final PageSize DEFAULT = new PageSize(250, 1024 * 1024);

    public PageSize {
        if (items < 1) {
            throw new IllegalArgumentException("items: " + items + " (expected: >= 1)");
        }
        if (bytes < 1) {
            throw new IllegalArgumentException("bytes: " + bytes + " (expected: >= 1)");
        }
    }
}
