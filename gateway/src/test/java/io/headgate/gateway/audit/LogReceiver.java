package io.headgate.gateway.audit;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Takes exported records as a SIEM does, and is as troubled as a test wants. */
public final class LogReceiver implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.shared();

    /** What it does with a batch. */
    public enum Habit {
        TAKES,
        FAILS,
        REFUSES,
        HANGS,
        /** Takes it, and goes away before it says so. */
        BREAKS
    }

    /** One batch that came, with the fields that matter; it is taken or not. */
    record Post(String body, String type, String authorization, boolean isTaken) {}

    private final List<Post> posts = new CopyOnWriteArrayList<>();
    private final Set<Channel> connections = ConcurrentHashMap.newKeySet();
    private volatile Habit habit = Habit.TAKES;
    private volatile int mostBytes = Integer.MAX_VALUE;
    private DisposableServer server = start(0);

    private DisposableServer start(int port) {
        return HttpServer.create()
                .host("127.0.0.1")
                .port(port)
                .option(ChannelOption.SO_REUSEADDR, true)
                .doOnConnection(connection -> connections.add(connection.channel()))
                .handle(this::handle)
                .bindNow();
    }

    private Mono<Void> handle(HttpServerRequest request, HttpServerResponse response) {
        return request.receive()
                .aggregate()
                .asString()
                .defaultIfEmpty("")
                .flatMap(body -> answer(request, response, body));
    }

    private Mono<Void> answer(HttpServerRequest request, HttpServerResponse response, String body) {
        boolean isTooLarge = body.length() > mostBytes;
        Habit now = habit;
        boolean isTaken = !isTooLarge && (now == Habit.TAKES || now == Habit.BREAKS);
        posts.add(new Post(
                body,
                request.requestHeaders().get("Content-Type", ""),
                request.requestHeaders().get("Authorization", ""),
                isTaken));
        if (isTooLarge) {
            return response.status(413).send();
        }
        return switch (now) {
            case TAKES -> response.status(202).sendString(Mono.just("thanks")).then();
            case FAILS -> response.status(500).send();
            case REFUSES -> response.status(401).send();
            case HANGS -> Mono.never();
            case BREAKS -> {
                var unused = response.withConnection(connection -> {
                    var unusedClosing = connection.channel().close();
                });
                yield Mono.never();
            }
        };
    }

    public void does(Habit next) {
        habit = next;
    }

    void takesAtMost(int bytes) {
        mostBytes = bytes;
    }

    public String url() {
        return "http://127.0.0.1:" + server.port() + "/ingest?token=url-secret";
    }

    /** Nobody listens any more. */
    public void goDown() {
        server.disposeNow(Duration.ofSeconds(5));
        for (Channel connection : connections) {
            var unused = connection.close();
        }
        connections.clear();
    }

    /** Listens again where it did. */
    public void comeBack() {
        server = start(server.port());
    }

    List<Post> posts() {
        return posts;
    }

    /** All lines that were taken, in order, some perhaps twice. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        posts.stream()
                .filter(Post::isTaken)
                .flatMap(post -> post.body().lines())
                .forEach(lines::add);
        return lines;
    }

    /** What is left of them for a receiver that knows them by node and place. */
    public Set<String> distinct() {
        Set<String> names = new LinkedHashSet<>();
        for (String line : lines()) {
            JsonNode record = JSON.readTree(line);
            names.add(record.path("node").asString() + ":" + record.path("seq").asLong());
        }
        return names;
    }

    @Override
    public void close() {
        goDown();
    }
}
