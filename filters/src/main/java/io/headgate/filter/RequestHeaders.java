package io.headgate.filter;

import java.net.InetSocketAddress;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** The header fields that came with a message. */
public interface RequestHeaders {
    RequestHeaders NONE = new RequestHeaders() {
        @Override
        public @Nullable String get(String name) {
            return null;
        }

        @Override
        public void forEach(BiConsumer<String, String> visitor) {}
    };

    /** The first value of a field, or null; the case of the name does not count. */
    @Nullable
    String get(String name);

    void forEach(BiConsumer<String, String> visitor);

    /** Who is at the other end of the connection that they came on, or null if that is not known. */
    default @Nullable InetSocketAddress remote() {
        return null;
    }
}
