package io.headgate.gateway.dialect;

import io.headgate.filter.RequestHeaders;
import io.headgate.gateway.session.EventStream;
import io.headgate.mcp.Pieces;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** An HTTP exchange without a socket: what was answered can be read back. */
public final class FakeCall implements HttpCall {
    private final String method;
    private final Endpoint endpoint;
    private final String server;
    private final String query;
    private final byte[] body;
    private final List<String[]> fields = new ArrayList<>();

    int status;

    @Nullable
    String answer;

    List<String> answerFields = List.of();

    @Nullable
    FakeStream stream;

    /** A client that does something as soon as it reads a named event. */
    Consumer<String> reader = data -> {};

    @Nullable
    Runnable onDisconnect;

    @Nullable
    Runnable onQuiet;

    private FakeCall(String method, Endpoint endpoint, String server, String query, String body) {
        this(method, endpoint, server, query, body.getBytes(StandardCharsets.UTF_8));
    }

    private FakeCall(String method, Endpoint endpoint, String server, String query, byte[] body) {
        this.method = method;
        this.endpoint = endpoint;
        this.server = server;
        this.query = query;
        this.body = body;
    }

    /** At the fleet, or at one server. */
    public static FakeCall post(String server, byte[] body) {
        return new FakeCall("POST", Endpoint.MCP, server, "", body);
    }

    public static FakeCall post(String body) {
        return new FakeCall("POST", Endpoint.MCP, "", "", body);
    }

    static FakeCall post(Endpoint endpoint, String query, String body) {
        return new FakeCall("POST", endpoint, "", query, body);
    }

    static FakeCall of(String method, Endpoint endpoint) {
        return new FakeCall(method, endpoint, "", "", "");
    }

    static FakeCall at(String server, String body) {
        return new FakeCall("POST", Endpoint.MCP, server, "", body);
    }

    public FakeCall with(String name, String value) {
        fields.add(new String[] {name.toLowerCase(Locale.ROOT), value});
        return this;
    }

    FakeCall without(String name) {
        fields.removeIf(field -> field[0].equals(name.toLowerCase(Locale.ROOT)));
        return this;
    }

    /** A field of the answer, or null. */
    public @Nullable String answerField(String name) {
        for (int i = 0; i + 1 < answerFields.size(); i += 2) {
            if (answerFields.get(i).equalsIgnoreCase(name)) {
                return answerFields.get(i + 1);
            }
        }
        return null;
    }

    /** What was sent as the whole answer. */
    String body200() {
        if (status != 200 || answer == null) {
            throw new AssertionError("answered " + status + " " + answer);
        }
        return answer;
    }

    FakeStream streamed() {
        if (stream == null) {
            throw new AssertionError("no stream; answered " + status + " " + answer);
        }
        return stream;
    }

    void disconnect() {
        if (onDisconnect != null) {
            onDisconnect.run();
        }
    }

    @Override
    public String method() {
        return method;
    }

    @Override
    public Endpoint endpoint() {
        return endpoint;
    }

    @Override
    public String server() {
        return server;
    }

    @Override
    public String query() {
        return query;
    }

    @Override
    public RequestHeaders headers() {
        return new RequestHeaders() {
            @Override
            public @Nullable String get(String name) {
                List<String> all = FakeCall.this.headers(name);
                return all.isEmpty() ? null : all.get(0);
            }

            @Override
            public void forEach(BiConsumer<String, String> visitor) {
                fields.forEach(field -> visitor.accept(field[0], field[1]));
            }
        };
    }

    @Override
    public List<String> headers(String name) {
        return fields.stream()
                .filter(field -> field[0].equalsIgnoreCase(name))
                .map(field -> field[1])
                .toList();
    }

    @Override
    public byte[] body() {
        return body;
    }

    @Override
    public void answer(int code, Pieces json, String... extra) {
        if (status != 0) {
            throw new AssertionError("answered twice: " + status + " " + answer + ", then " + code + " " + json);
        }
        status = code;
        answer = json.toString();
        answerFields = List.of(extra);
    }

    @Override
    public EventStream stream(String... extra) {
        answer(200, new Pieces(0), extra);
        stream = new FakeStream(reader);
        return stream;
    }

    @Override
    public void onDisconnect(Runnable action) {
        onDisconnect = action;
    }

    @Override
    public void onQuiet(Runnable action) {
        onQuiet = action;
    }

    @Override
    public boolean isOnLoop() {
        return true;
    }

    @Override
    public void execute(Runnable task) {
        task.run();
    }

    /** An event stream that keeps what it was given. */
    static final class FakeStream implements EventStream {
        final List<String> events = new ArrayList<>();
        final List<String> ids = new ArrayList<>();
        boolean ended;
        boolean writable = true;

        @Nullable
        Runnable onWritable;

        private final Consumer<String> reader;

        FakeStream(Consumer<String> reader) {
            this.reader = reader;
        }

        /** The data of the event at this place. */
        String data(int index) {
            return events.get(index);
        }

        @Override
        public void message(@Nullable String id, Pieces data) {
            if (ended) {
                throw new AssertionError("sent after the end: " + data);
            }
            events.add(data.toString());
            ids.add(id == null ? "" : id);
        }

        @Override
        public void event(String name, Pieces data) {
            events.add(name + ":" + data);
            ids.add("");
            reader.accept(data.toString());
        }

        @Override
        public void prime(String id, long retryMillis) {
            events.add("");
            ids.add(id);
        }

        @Override
        public boolean isWritable() {
            return writable;
        }

        @Override
        public void onWritable(Runnable action) {
            onWritable = action;
        }

        @Override
        public void end() {
            ended = true;
        }
    }
}
