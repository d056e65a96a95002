package io.headgate.gateway.hostile;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A stub over HTTP/2 with prior knowledge, which may become one that does not take streams. */
final class H2Front extends StubFront {
    private static final Pattern SETTINGS = Pattern.compile("SETTINGS (\\w+) ?= ?(\\d+)");
    private static final Pattern RESET = Pattern.compile("RST_STREAM(?: (\\w+))?(?: .*)?");
    private static final Pattern GOAWAY = Pattern.compile("GOAWAY(?: (\\w+))?(?: .*)?");
    private static final int PREFACE_BYTES = 24;
    private static final int FRAME_SIZE = 16_384;
    private static final int REFUSED_STREAM = 7;
    private static final int WINDOW = 1 << 24;

    private volatile int[] settings = {};
    private volatile int resetCode = -1;
    private volatile int goAwayCode = -1;

    H2Front(int stubPort) {
        super(stubPort);
    }

    @Override
    String url() {
        return "http://127.0.0.1:" + port() + "/mcp";
    }

    /** Treats the connections that come from now on as the words of a case say. */
    void become(String words) throws IOException {
        Matcher set = SETTINGS.matcher(words);
        Matcher reset = RESET.matcher(words);
        Matcher away = GOAWAY.matcher(words);
        if (set.matches()) {
            Integer id = H2Sends.SETTING_IDS.get(set.group(1).toUpperCase(Locale.ROOT));
            if (id == null) {
                throw new Unbuildable("h2 setting " + set.group(1));
            }
            settings = new int[] {id, Integer.parseInt(set.group(2))};
        } else if (reset.matches()) {
            resetCode = H2Sends.errorCode(reset.group(1), REFUSED_STREAM);
        } else if (away.matches()) {
            goAwayCode = H2Sends.errorCode(away.group(1), 0);
        } else {
            throw new Unbuildable("upstream step: h2 " + words);
        }
        closeConnections();
    }

    @Override
    void serve(Socket socket) throws IOException, InterruptedException {
        try {
            new Connection(socket).run();
        } catch (Http2Exception e) {
            throw new IOException(e);
        }
    }

    /** One connection: a request is carried to the stub when it is whole, and answered before the next one. */
    private final class Connection {
        private final Socket socket;
        private final DataInputStream in;
        private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false, 1 << 20);
        private final Map<Integer, Request> open = new HashMap<>();
        private final ByteArrayOutputStream block = new ByteArrayOutputStream();

        Connection(Socket socket) throws IOException {
            this.socket = socket;
            this.in = new DataInputStream(socket.getInputStream());
        }

        void run() throws IOException, Http2Exception, InterruptedException {
            in.readNBytes(PREFACE_BYTES);
            write(H2Client.settings(settings));
            write(H2Client.frame(H2Client.WINDOW_UPDATE, 0, 0, H2Client.int32(WINDOW)));
            try {
                while (true) {
                    int length = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
                    int type = in.readUnsignedByte();
                    int flags = in.readUnsignedByte();
                    int stream = in.readInt() & Integer.MAX_VALUE;
                    frame(type, flags, stream, in.readNBytes(length));
                }
            } catch (EOFException e) {
                // The gateway ended the connection.
            }
        }

        private void write(byte[] frame) throws IOException {
            socket.getOutputStream().write(frame);
        }

        private void frame(int type, int flags, int stream, byte[] payload)
                throws IOException, Http2Exception, InterruptedException {
            switch (type) {
                case H2Client.HEADERS, H2Client.CONTINUATION -> {
                    block.writeBytes(payload);
                    if ((flags & H2Client.END_HEADERS) != 0) {
                        open.put(stream, request(stream));
                    }
                }
                case H2Client.DATA -> {
                    Request request = open.get(stream);
                    if (request != null) {
                        request.body = BodyPhrases.join(request.body, payload);
                    }
                }
                case H2Client.SETTINGS, H2Client.PING -> {
                    if ((flags & H2Client.ACK) == 0) {
                        byte[] echoed = type == H2Client.PING ? payload : new byte[0];
                        write(H2Client.frame(type, H2Client.ACK, 0, echoed));
                    }
                }
                default -> {
                    // Windows are large enough, and a stream that is reset was answered or never will be.
                }
            }
            boolean isWhole = (type == H2Client.DATA || type == H2Client.HEADERS) && (flags & H2Client.END_STREAM) != 0;
            Request request = isWhole ? open.remove(stream) : null;
            if (request != null) {
                answer(stream, request);
            }
        }

        private Request request(int stream) throws Http2Exception {
            Http2Headers headers = decoder.decodeHeaders(stream, Unpooled.wrappedBuffer(block.toByteArray()));
            block.reset();
            Request request = new Request();
            headers.forEach(field -> {
                String name = field.getKey().toString();
                String value = field.getValue().toString();
                if (name.equals(":method")) {
                    request.method = value;
                } else if (!name.startsWith(":") && !name.equals("content-length")) {
                    request.add(name, value);
                }
            });
            request.set("Host", "stub");
            return request;
        }

        private void answer(int stream, Request request) throws IOException, InterruptedException {
            if (resetCode >= 0) {
                write(H2Client.frame(H2Client.RST_STREAM, 0, stream, H2Client.int32(resetCode)));
                return;
            }
            if (goAwayCode >= 0) {
                byte[] last = BodyPhrases.join(H2Client.int32(0), H2Client.int32(goAwayCode));
                write(H2Client.frame(H2Client.GOAWAY, 0, 0, last));
                socket.close();
                return;
            }
            // A stream that stays open is not carried: a server may have none.
            boolean isEndless = new String(request.body, java.nio.charset.StandardCharsets.UTF_8)
                    .contains("\"subscriptions/listen\"");
            Response response = isEndless
                    ? new Response(404, List.of(), new byte[0], 0, /* isComplete= */ true)
                    : Client.once(stub(), request);
            List<String> fields = new ArrayList<>(List.of(":status", Integer.toString(response.status())));
            if (response.hasField("content-type")) {
                fields.addAll(List.of("content-type", response.field("content-type")));
            }
            write(H2Client.headers(stream, H2Client.block(fields), /* endStream= */ false));
            byte[] body = response.body();
            for (int from = 0; from <= body.length; from += FRAME_SIZE) {
                int to = Math.min(body.length, from + FRAME_SIZE);
                boolean isLast = from + FRAME_SIZE > body.length;
                byte[] part = java.util.Arrays.copyOfRange(body, from, to);
                write(H2Client.frame(H2Client.DATA, isLast ? H2Client.END_STREAM : 0, stream, part));
            }
        }
    }
}
