package io.headgate.gateway.hostile;

import io.headgate.gateway.hostile.TestCertificate.Flaw;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** A stub over TLS, whose certificate or handshake may become bad. */
final class TlsFront extends StubFront {
    private static final String STALL = "stall";
    private static final String CLOSE = "close";
    private static final String PLAIN = "plaintext";
    private static final String OLD = "TLSv1.1";

    private final Map<Flaw, SSLContext> contexts = new ConcurrentHashMap<>();
    private volatile Flaw flaw = Flaw.NONE;
    private volatile String handshake = "";

    TlsFront(int stubPort) {
        super(stubPort);
    }

    @Override
    String url() {
        return "https://localhost:" + port() + "/mcp";
    }

    /** Is from now on as the words of a case say: a certificate with a flaw, or a handshake that comes to nothing. */
    void become(String words) throws IOException {
        switch (words.toLowerCase(java.util.Locale.ROOT).replace('-', '_').replace(' ', '_')) {
            case "expired", "expired_certificate" -> flaw = Flaw.EXPIRED;
            case "wrong_host", "wrong_name", "other_host" -> flaw = Flaw.WRONG_HOST;
            case "self_signed", "untrusted", "unknown_ca" -> flaw = Flaw.UNTRUSTED;
            case "stall", "stalls", "hang", "blackhole" -> handshake = STALL;
            case "close", "fin", "rst", "reset" -> handshake = CLOSE;
            case "plaintext", "plain", "not_tls", "no_tls" -> handshake = PLAIN;
            case "old_version", "tlsv1", "tlsv1.0", "tlsv1.1", "tls_1.0", "tls_1.1" -> handshake = OLD;
            default -> throw new Unbuildable("upstream step: tls " + words);
        }
        closeConnections();
    }

    @Override
    void serve(Socket socket) throws IOException {
        switch (handshake) {
            case STALL -> socket.getInputStream().transferTo(OutputStream.nullOutputStream());
            case CLOSE -> {
                var unused = socket.getInputStream().read();
            }
            case PLAIN -> {
                var unused = socket.getInputStream().read();
                socket.getOutputStream().write(Words.ascii("HTTP/1.1 400 Stub\r\nContent-Length: 0\r\n\r\n"));
            }
            default -> secured(socket);
        }
    }

    private void secured(Socket socket) throws IOException {
        SSLContext context = contexts.computeIfAbsent(flaw, TestCertificate::server);
        SSLSocket secure = (SSLSocket)
                context.getSocketFactory().createSocket(socket, null, socket.getPort(), /* autoClose= */ true);
        secure.setUseClientMode(false);
        if (handshake.equals(OLD)) {
            secure.setEnabledProtocols(new String[] {OLD});
        }
        secure.startHandshake();
        Socket plain = kept(Wire.connect(stub(), 0));
        daemon(() -> pump(plain, secure), "stub-front-answers");
        pump(secure, plain);
    }

    /** Carries bytes one way; the end of one side is the end of the other. */
    private static void pump(Socket from, Socket to) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            in.transferTo(to.getOutputStream());
        } catch (IOException e) {
            // One of them is gone.
        }
    }
}
