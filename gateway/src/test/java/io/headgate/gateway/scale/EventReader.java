package io.headgate.gateway.scale;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/** Reads an event stream as it comes, in pieces of any size. */
final class EventReader {
    /** An event with data. */
    record Event(@Nullable String id, String data) {}

    interface Listener {
        void event(Event event);
    }

    private final Listener listener;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final StringBuilder data = new StringBuilder();
    private @Nullable String id;

    EventReader(Listener listener) {
        this.listener = listener;
    }

    void read(ByteBuf bytes) {
        while (bytes.isReadable()) {
            byte next = bytes.readByte();
            if (next == '\n') {
                take(line.toString(UTF_8));
                line.reset();
            } else if (next != '\r') {
                line.write(next);
            }
        }
    }

    private void take(String field) {
        if (field.isEmpty()) {
            if (!data.isEmpty()) {
                listener.event(new Event(id, data.toString()));
            }
            data.setLength(0);
        } else if (field.startsWith("data:")) {
            data.append(field.startsWith("data: ") ? field.substring(6) : field.substring(5));
        } else if (field.startsWith("id:")) {
            id = field.substring(3).strip();
        }
    }
}
