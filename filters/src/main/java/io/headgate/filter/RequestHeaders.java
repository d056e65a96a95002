package io.headgate.filter;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** The header fields that came with a message, and where they came from. */
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

    /** All values of a field in their order; the case of the name does not count. */
    default List<String> all(String name) {
        List<String> values = new ArrayList<>();
        forEach((field, value) -> {
            if (field.equalsIgnoreCase(name)) {
                values.add(value);
            }
        });
        return values;
    }

    /** Why the gateway cut off their sender, in a word, or null if it did not. */
    default @Nullable String cutOff() {
        return null;
    }

    /** The same fields as the end of a route wants them. */
    default RequestHeaders on(Route route) {
        return this;
    }

    /** Tells on whose account it is what is held of the message; a filter that identifies callers need not care. */
    default void sentBy(Caller caller) {}

    /** The other end of the connection, which may be a proxy before the client; null if it is unknown. */
    default @Nullable InetAddress peer() {
        return null;
    }
}
