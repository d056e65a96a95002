package io.headgate.benchmarks.load.attack;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * The process of the hostile callers, or that of the hostile servers. It is told on a port of its own what to do, one line
 * for each thing: {@code on NAME}, {@code off NAME}, {@code ports}, {@code report}, and answers with one line of JSON.
 */
public final class Attackers {
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Map<String, Attack> attacks = new LinkedHashMap<>();
    private final Map<String, HostileServer> servers = new LinkedHashMap<>();
    private final Map<String, Running> running = new LinkedHashMap<>();
    private final JsonMapper mapper = new JsonMapper();

    private Attackers() {}

    /** {@code callers PORT GATEWAY KEY...} or {@code servers PORT}. */
    public static void main(String[] arguments) throws IOException {
        Attackers attackers = new Attackers();
        if (arguments[0].equals("callers")) {
            attackers.callers(
                    new Door(Integer.parseInt(arguments[2]), List.of(arguments).subList(3, arguments.length)));
        } else {
            attackers.servers();
        }
        attackers.listen(Integer.parseInt(arguments[1]));
    }

    private void callers(Door door) {
        attacks.put(Attacks.LARGE_INITIALIZE, new LargeInitialize(door));
        attacks.put(Attacks.SESSION_FLOOD, new SessionFlood(door));
        attacks.put(Attacks.UNFINISHED_BODIES, new UnfinishedBodies(door));
        attacks.put(Attacks.UNFINISHED_STREAMS, new UnfinishedStreams(door));
        attacks.put(Attacks.UNREAD_RESULTS, new UnreadResults(door));
        attacks.put(Attacks.PROVOKED_FAILURES, new ProvokedFailures(door));
        attacks.put(Attacks.MANY_CAPABILITIES, new ManyCapabilities(door));
        attacks.put(Attacks.PUSHED_MESSAGES, new PushedMessages(door));
        attacks.put(Attacks.EMPTY_RESUMPTIONS, new EmptyResumptions(door));
        attacks.put(Attacks.MALFORMED_REQUESTS, new MalformedRequests(door));
        attacks.put(Attacks.WRONG_KEYS, new WrongKeys(door));
    }

    private void servers() throws IOException {
        servers.put(Attacks.UNREAD_RESULTS, new LargeServer());
        servers.put(Attacks.PUSHED_MESSAGES, new PushingServer());
        servers.put(Attacks.LIST_CHANGES, new ChangingServer());
        servers.put(Attacks.EMPTY_RESUMPTIONS, new EmptyServer());
    }

    private void listen(int port) throws IOException {
        try (ServerSocket control = new ServerSocket(port, 50, InetAddress.getLoopbackAddress())) {
            while (true) {
                try (Socket told = control.accept()) {
                    String line = new BufferedReader(new InputStreamReader(told.getInputStream(), UTF_8)).readLine();
                    if (line != null) {
                        new PrintStream(told.getOutputStream(), /* autoFlush= */ true, UTF_8).println(answer(line));
                    }
                }
            }
        }
    }

    private String answer(String line) {
        String name = line.substring(line.indexOf(' ') + 1);
        if (line.startsWith("on ")) {
            turn(name, /* on= */ true);
        } else if (line.startsWith("off ")) {
            turn(name, /* on= */ false);
        } else if (line.equals("ports")) {
            Map<String, Integer> ports = new LinkedHashMap<>();
            servers.values().forEach(server -> ports.put(server.name(), server.port()));
            return mapper.writeValueAsString(ports);
        }
        Map<String, Object> report = new LinkedHashMap<>();
        attacks.forEach((attack, doing) -> report.put(attack, doing.effort.report()));
        servers.forEach((attack, server) -> report.put(attack, server.effort.report()));
        return mapper.writeValueAsString(report);
    }

    private void turn(String name, boolean on) {
        HostileServer server = servers.get(name);
        if (server != null) {
            server.attack(on);
        }
        Attack attack = attacks.get(name);
        if (attack != null && on) {
            running.computeIfAbsent(name, begun -> new Running(attack));
        } else if (attack != null) {
            Running stopped = running.remove(name);
            if (stopped != null) {
                stopped.stop();
            }
        }
    }

    /** An attack that goes on until it is stopped. */
    private static final class Running {
        private final Attack attack;
        private final Thread thread;
        private volatile boolean isStopped;
        private @Nullable String said;

        Running(Attack attack) {
            this.attack = attack;
            thread = new Thread(this::run, attack.getClass().getSimpleName());
            thread.setDaemon(true);
            thread.start();
        }

        /** A rate that cannot be kept is not caught up with, so an attack is never faster than it says. */
        private void run() {
            long pause = (long) (1e9 / attack.stepsPerSecond());
            long due = System.nanoTime();
            while (!isStopped) {
                long now = System.nanoTime();
                if (now < due) {
                    LockSupport.parkNanos(Math.min(LONGEST_PAUSE_NANOS, due - now));
                    continue;
                }
                due = Math.max(due + pause, now - pause);
                attack.effort.step();
                try {
                    attack.step();
                } catch (IOException refused) {
                    tell(refused.toString());
                }
            }
            attack.end();
        }

        private void tell(String trouble) {
            if (!trouble.equals(said)) {
                said = trouble;
                System.err.println(thread.getName() + ": " + trouble);
            }
        }

        void stop() {
            isStopped = true;
            try {
                thread.join(TimeUnit.SECONDS.toMillis(30));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
