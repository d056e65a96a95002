package io.headgate.gateway.hostile;

import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** The TLS attacks that cases name; hellos that no library would send are written by hand. */
final class TlsSends {
    private static final Map<String, Integer> VERSIONS =
            Map.of("SSLv3", 0x0300, "TLSv1", 0x0301, "TLSv1.0", 0x0301, "TLSv1.1", 0x0302, "TLSv1.2", 0x0303);

    /** The suites that servers should not take any more, by their numbers. */
    private static final Map<String, Integer> OLD_SUITES = Map.of(
            "TLS_RSA_WITH_NULL_SHA", 0x0002,
            "TLS_RSA_WITH_RC4_128_SHA", 0x0005,
            "TLS_RSA_WITH_3DES_EDE_CBC_SHA", 0x000A,
            "TLS_RSA_WITH_AES_128_CBC_SHA", 0x002F,
            "TLS_RSA_WITH_AES_256_CBC_SHA", 0x0035,
            "TLS_RSA_WITH_AES_128_GCM_SHA256", 0x009C,
            "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", 0x0033,
            "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", 0xC009,
            "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", 0xC013);

    private static final byte[] SUITES = {(byte) 0xC0, 0x09, (byte) 0xC0, 0x0A, (byte) 0xC0, 0x13, 0, 0x2F};

    /** What makes a client leave its handshake unfinished. */
    private static final Pattern STALLS =
            Pattern.compile(".*(?:stall|hold|silence|idle|slow|per_s|never|unfinished).*");

    private static final int STALLED_BYTES = 9;

    private final Situation situation;
    private final Observation observation;

    TlsSends(Situation situation, Observation observation) {
        this.situation = situation;
        this.observation = observation;
    }

    /** True if a client leaves its handshake unfinished until a clock ends it. */
    static boolean waits(Form tls) {
        return !tls.has("client_hello_declared_length")
                && tls.map().keySet().stream()
                        .anyMatch(key -> STALLS.matcher(key).matches());
    }

    void run(Form tls) throws Exception {
        if (tls.has("client_hello_declared_length")) {
            hellos(declaring(tls.number("client_hello_declared_length", 0), tls.number("bytes_sent", 9)), tls);
        } else if (waits(tls)) {
            byte[] hello = hello(version("TLSv1.2"), SUITES);
            hellos(Arrays.copyOf(hello, Math.min(hello.length - 1, tls.number("bytes_sent", STALLED_BYTES))), tls);
        } else if (tls.has("max_version") || tls.has("version")) {
            hellos(hello(version(tls.text("max_version", tls.text("version"))), SUITES), tls);
        } else if (tls.has("cipher") || tls.has("ciphers") || tls.has("cipher_suites")) {
            hellos(hello(version("TLSv1.2"), suites(tls)), tls);
        } else if (tls.map().keySet().stream().anyMatch(key -> key.startsWith("renegotiat"))) {
            renegotiate();
        } else if (tls.has("sni") || tls.has("host") || tls.flag("no_sni")) {
            named(tls.text("sni"), tls.text("host", situation.file().host()));
        } else {
            throw new Unbuildable("tls: " + tls.map().keySet());
        }
    }

    private static byte[] suites(Form tls) {
        Object written =
                tls.has("cipher") ? tls.value("cipher") : tls.value(tls.has("ciphers") ? "ciphers" : "cipher_suites");
        List<?> names = written instanceof List<?> list ? list : List.of(String.valueOf(written));
        ByteArrayOutputStream suites = new ByteArrayOutputStream();
        for (Object name : names) {
            for (Map.Entry<String, Integer> known : OLD_SUITES.entrySet()) {
                // A word such as CBC stands for all of its kind.
                if (known.getKey().contains(String.valueOf(name).replace("static-RSA", "TLS_RSA_"))) {
                    suites.write(known.getValue() >> 8);
                    suites.write(known.getValue());
                }
            }
        }
        if (suites.size() == 0) {
            throw new Unbuildable("cipher suites " + names);
        }
        return suites.toByteArray();
    }

    /** A second handshake on a connection that has one: TLS 1.2 calls it a renegotiation. */
    private void renegotiate() throws Exception {
        SSLSocket socket = secure(situation.front(), situation.file().host(), "TLSv1.2");
        Client client = new Client(Wire.over(socket));
        observation.open.add(client);
        boolean unused = client.send(situation.harmless());
        Response first = client.answer(situation.patience());
        if (first == null || first.status() != 200) {
            observation.problems.add("no answer before the renegotiation");
        }
        socket.startHandshake();
        boolean isSent = client.send(situation.harmless());
        Response second = isSent ? client.answer(situation.patience()) : null;
        if (!situation.expect().http().isEmpty()) {
            situation.note(observation, second);
        }
        new PlainSends(situation, observation).watch(client, null);
    }

    private static int version(String name) {
        Integer version = VERSIONS.get(name);
        if (version == null) {
            throw new Unbuildable("TLS version " + name);
        }
        return version;
    }

    /** The beginning of a handshake message that says it is this long. */
    private static byte[] declaring(int length, int bytesSent) {
        int record = Math.min(length + 4, 16_384);
        byte[] start = {
            22, 3, 1, (byte) (record >> 8), (byte) record, 1, (byte) (length >> 16), (byte) (length >> 8), (byte) length
        };
        return Arrays.copyOf(start, Math.max(bytesSent, 1));
    }

    /** A whole ClientHello of an old version: no extension offers a newer one. */
    private static byte[] hello(int version, byte[] suites) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.write(version >> 8);
        body.write(version);
        body.writeBytes(new byte[32]);
        body.write(0);
        body.write(suites.length >> 8);
        body.write(suites.length);
        body.writeBytes(suites);
        body.writeBytes(new byte[] {1, 0});
        int length = body.size();
        byte[] head = {22, 3, 1, 0, (byte) (length + 4), 1, 0, 0, (byte) length};
        return BodyPhrases.join(head, body.toByteArray());
    }

    private void hellos(byte[] hello, Form tls) throws Exception {
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < tls.number("connections", 1); i++) {
            Client client = situation.connect(observation);
            boolean unused = client.wire().write(hello);
            clients.add(client);
        }
        Wire.Deadline deadline = situation.patience();
        int open = 0;
        for (Client client : clients) {
            open += client.wire().awaitEnd(deadline) == Wire.End.OPEN ? 1 : 0;
        }
        int left = open;
        observation.conn = () -> left == 0 ? "close" : "keep";
    }

    /** A good handshake for one name, and a request for another. */
    private void named(String sni, String host) throws Exception {
        Client client = new Client(Wire.over(secure(situation.front(), sni)));
        observation.open.add(client);
        Request request = situation.harmless();
        request.set("Host", host);
        boolean unused = client.send(request);
        Response response = client.answer(situation.patience());
        situation.note(observation, response);
        new PlainSends(situation, observation).watch(client, response);
    }

    static SSLSocket secure(InetSocketAddress address, String sni) throws Exception {
        return secure(address, sni, "");
    }

    /** For HTTP/2. */
    static SSLSocket secureH2(InetSocketAddress address, String sni) throws Exception {
        return secure(address, sni, "h2");
    }

    /** Over a version of TLS, or the best one; or with a protocol of the application. */
    private static SSLSocket secure(InetSocketAddress address, String sni, String version) throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Trusting()}, new SecureRandom());
        Socket plain = Wire.connect(address, 0);
        SSLSocket socket = (SSLSocket)
                context.getSocketFactory().createSocket(plain, sni, address.getPort(), /* autoClose= */ true);
        SSLParameters parameters = socket.getSSLParameters();
        if (!sni.isEmpty()) {
            parameters.setServerNames(List.of(new SNIHostName(sni)));
        }
        if (version.equals("h2")) {
            parameters.setApplicationProtocols(new String[] {"h2"});
        }
        socket.setSSLParameters(parameters);
        if (version.startsWith("TLS")) {
            socket.setEnabledProtocols(new String[] {version});
        }
        socket.startHandshake();
        return socket;
    }

    /** Trusts everyone: the certificate is not what these cases are about. */
    private static final class Trusting implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
