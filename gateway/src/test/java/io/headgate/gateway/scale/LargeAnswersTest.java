package io.headgate.gateway.scale;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testkit.Await;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.Timeout;

/** Large answers and long streams pass a gateway with little memory, one after another and several at once. */
// Starts processes, and waits for each up to half a minute where the machine is busy.
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class LargeAnswersTest {
    private static final int TEN_MEGABYTES = 10_000_000;
    private static final int FRAMES = 10_000;
    private static final int AT_ONCE = 3;
    private static final int ROUNDS = 5;
    private static final Duration BOUND = Duration.ofSeconds(60);
    private static final long MORE_MEMORY_MIB = 64;

    private static DemoProcess demo;
    private static GatewayProcess gateway;

    @BeforeAll
    static void start() {
        demo = DemoProcess.start();
        gateway = GatewayProcess.before("a", demo.url())
                .jvm("-Xmx96m", "-XX:MaxDirectMemorySize=96m")
                .start();
    }

    @AfterAll
    static void stop() {
        gateway.close();
        demo.close();
    }

    @Test
    void tenMegabytesPassIntactAgainAndAgain(TestReporter reporter) {
        bigRound();
        long before = gateway.jvm().peakMemory();
        for (int round = 0; round < ROUNDS; round++) {
            bigRound();
        }
        reporter.publishEntry("10 MB", before + " MiB at first, at most " + peak() + " MiB");
        assertThat(peak()).isLessThan(before + MORE_MEMORY_MIB);
    }

    @Test
    void tenThousandFramesPassInOrderAgainAndAgain(TestReporter reporter) {
        chattyRound();
        long before = gateway.jvm().peakMemory();
        for (int round = 0; round < ROUNDS; round++) {
            chattyRound();
        }
        reporter.publishEntry("10,000 frames", before + " MiB at first, at most " + peak() + " MiB");
        assertThat(peak()).isLessThan(before + MORE_MEMORY_MIB);
    }

    /** What {@code big} answers is the same letter over and over; this text shows a piece that is out of place. */
    @Test
    void aRandomTextComesBackUnchanged() {
        byte[] random = new byte[1_500_000];
        new Random(7).nextBytes(random);
        String text = HexFormat.of().formatHex(random);
        for (McpClient client : clients()) {
            Answer answer = Await.result(BOUND, client.call("a__echo", "{\"message\":\"" + text + "\"}"));
            assertThat(sha256(answer.text())).isEqualTo(sha256(text));
            client.close();
        }
    }

    private static void bigRound() {
        String expected = sha256("x".repeat(TEN_MEGABYTES));
        List<McpClient> clients = clients();
        List<CompletableFuture<Answer>> answers = clients.stream()
                .map(client -> client.call("a__big", "{\"bytes\":" + TEN_MEGABYTES + "}"))
                .toList();
        for (CompletableFuture<Answer> each : answers) {
            String text = Await.result(BOUND, each).text();
            assertThat(text.length()).isEqualTo(TEN_MEGABYTES);
            assertThat(sha256(text)).isEqualTo(expected);
        }
        clients.forEach(McpClient::close);
    }

    private static void chattyRound() {
        List<McpClient> clients = clients();
        List<CrowdMember.Progress> progress =
                clients.stream().map(client -> new CrowdMember.Progress(FRAMES)).toList();
        List<CompletableFuture<Answer>> answers = Stream.iterate(0, i -> i < AT_ONCE, i -> i + 1)
                .map(i -> clients.get(i)
                        .call("a__chatty", "{\"frames\":" + FRAMES + ",\"gapMs\":0}", progress.get(i)::take))
                .toList();
        for (int i = 0; i < AT_ONCE; i++) {
            assertThat(Await.result(BOUND, answers.get(i)).text()).isEqualTo(FRAMES + " frames");
            assertThat(progress.get(i).complaint()).isNull();
        }
        clients.forEach(McpClient::close);
    }

    private static List<McpClient> clients() {
        return List.of(
                McpClient.modern(gateway.address()),
                McpClient.modern(gateway.address()),
                McpClient.legacy(gateway.address()));
    }

    private static long peak() {
        return gateway.jvm().peakMemory();
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
