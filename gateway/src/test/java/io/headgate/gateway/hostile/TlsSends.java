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

    private final Situation situation;
    private final Observation observation;

    TlsSends(Situation situation, Observation observation) {
        this.situation = situation;
        this.observation = observation;
    }

    void run(Form tls) throws Exception {
        if (tls.has("client_hello_declared_length")) {
            hellos(declaring(tls.number("client_hello_declared_length", 0), tls.number("bytes_sent", 9)), tls);
        } else if (tls.has("max_version")) {
            hellos(hello(version(tls.text("max_version"))), tls);
        } else if (tls.has("sni") || tls.has("host")) {
            named(tls.text("sni"), tls.text("host", situation.file().host()));
        } else {
            throw new Unbuildable("tls: " + tls.map().keySet());
        }
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
    private static byte[] hello(int version) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.write(version >> 8);
        body.write(version);
        body.writeBytes(new byte[32]);
        body.write(0);
        body.writeBytes(new byte[] {0, 8, (byte) 0xC0, 0x09, (byte) 0xC0, 0x0A, (byte) 0xC0, 0x13, 0, 0x2F});
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
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Trusting()}, new SecureRandom());
        Socket plain = Wire.connect(address, 0);
        SSLSocket socket = (SSLSocket)
                context.getSocketFactory().createSocket(plain, sni, address.getPort(), /* autoClose= */ true);
        SSLParameters parameters = socket.getSSLParameters();
        if (!sni.isEmpty()) {
            parameters.setServerNames(List.of(new SNIHostName(sni)));
        }
        socket.setSSLParameters(parameters);
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
