package io.headgate.gateway.upstream.net;

import io.headgate.gateway.telemetry.Periodic;
import io.headgate.gateway.upstream.UpstreamConfig.UpstreamLimits;
import io.headgate.gateway.upstream.UpstreamFault;
import io.headgate.gateway.upstream.wire.OutgoingRequest;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one event loop to one upstream, and the requests that wait for one.
 *
 * <p>Everything here runs on that loop. Clocks are coarse: one tick per loop looks for what has become too old, so that
 * a call costs no timer.
 */
@SuppressWarnings("FutureReturnValueIgnored") // A failure shows itself on the channel.
final class LoopPool {
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(55);
    private static final String TIMEOUT = "timeout=";
    private static final long MOST_SECONDS = 3_600;
    private static final long KEEP_MARGIN_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(1);

    final HttpClient client;
    final EventLoop loop;
    private final long stride;
    private final int limit;
    private final Deque<H1Line> idle = new ArrayDeque<>();
    private final Deque<RoundTrip> waiting = new ArrayDeque<>();
    private final Deque<Line> lingering = new ArrayDeque<>();
    final RoundTrip unawaited = new Unawaited(this);
    /** Of all that the server sends besides the answers of calls. */
    final LoopShare pace = new LoopShare(System.nanoTime());

    private @Nullable H2Connection h2;
    private @Nullable RoundTrip oldest;
    private @Nullable RoundTrip youngest;
    private @Nullable ScheduledFuture<?> tick;
    private boolean expectsH2;
    private String keepSaid = "";
    private long keepNanos = IDLE_NANOS;
    private int connecting;
    private int open;
    private int standing;
    private int resting;
    private long lastId;
    /** The time of the last tick or of the last request: near enough for those who count in seconds. */
    long now;

    LoopPool(HttpClient client, EventLoop loop, int index, int loops) {
        this.client = client;
        this.loop = loop;
        this.stride = loops;
        this.lastId = index;
        this.limit = client.limits().connectionsPerLoop();
        this.expectsH2 = client.isH2Certain();
    }

    /** An id that no other request to the upstream has. */
    long nextId() {
        lastId += stride;
        return lastId;
    }

    void submit(RoundTrip trip) {
        list(trip);
        if (client.isClosed()) {
            fail(trip, UpstreamFault.CLOSED);
            return;
        }
        H2Connection shared = h2;
        if (shared != null && shared.isUsable() && shared.hasRoom()) {
            shared.send(trip, requestOf(trip));
            return;
        }
        H1Line line = idle.pollLast();
        while (line != null) {
            if (line.channel.isActive() && now - line.idleSince < keepNanos) {
                line.send(trip, requestOf(trip));
                return;
            }
            line.channel.close();
            line = idle.pollLast();
        }
        // Those for whom a connection is being made do not count.
        if (waiting.size() >= limit + connecting || (trip.isStanding() && standing > limit)) {
            fail(trip, UpstreamFault.POOL);
            return;
        }
        waiting.add(trip);
        connectIfNeeded();
    }

    /** A connection is free: it takes who waits longest. */
    void ready(H1Line line) {
        RoundTrip next = waiting.poll();
        if (next != null) {
            line.send(next, requestOf(next));
        } else if (client.isClosed()) {
            line.channel.close();
        } else {
            line.idleSince = System.nanoTime();
            idle.add(line);
        }
    }

    /**
     * The server says how long it keeps a connection that nothing is asked on. A request that meets its end may have been
     * executed or not, so none is sent in the last second.
     */
    void adoptKeepAlive(String said) {
        if (!said.equals(keepSaid)) {
            keepSaid = said;
            keepNanos = keepNanos(said);
        }
    }

    private static long keepNanos(String said) {
        int at = said.indexOf(TIMEOUT);
        long seconds = 0;
        for (int i = at + TIMEOUT.length(); at >= 0 && i < said.length() && seconds < MOST_SECONDS; i++) {
            int digit = said.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                break;
            }
            seconds = 10 * seconds + digit;
        }
        long nanos = TimeUnit.SECONDS.toNanos(seconds);
        return seconds == 0 ? IDLE_NANOS : Math.min(IDLE_NANOS, Math.max(nanos / 2, nanos - KEEP_MARGIN_NANOS));
    }

    void h2Room(H2Connection connection) {
        while (connection == h2 && connection.isUsable() && connection.hasRoom()) {
            RoundTrip next = waiting.poll();
            if (next == null) {
                return;
            }
            connection.send(next, requestOf(next));
        }
        connectIfNeeded();
    }

    void h2Gone(H2Connection connection) {
        if (h2 == connection) {
            h2 = null;
            connectIfNeeded();
        }
    }

    void fail(RoundTrip trip, UpstreamFault fault) {
        unlist(trip);
        trip.onFault(fault);
    }

    void forget(RoundTrip trip) {
        if (!waiting.isEmpty()) {
            waiting.remove(trip);
        }
    }

    /** A call holds its connection while somebody is asked in the middle of it, or not any more. */
    void rest(RoundTrip trip, boolean rests) {
        if (trip.holdsForLong != rests && (trip.isListed || !rests)) {
            trip.holdsForLong = rests;
            resting += rests ? 1 : -1;
            if (rests) {
                connectIfNeeded();
            }
        }
    }

    void addLingering(Line line) {
        line.lingeringSince = System.nanoTime();
        lingering.add(line);
        startTick();
    }

    void unlist(RoundTrip trip) {
        if (!trip.isListed) {
            return;
        }
        trip.isListed = false;
        rest(trip, false);
        if (trip.isStanding()) {
            standing--;
        } else {
            client.meters().callEnds();
        }
        RoundTrip older = trip.older;
        RoundTrip newer = trip.newer;
        trip.older = null;
        trip.newer = null;
        if (older == null) {
            oldest = newer;
        } else {
            older.newer = newer;
        }
        if (newer == null) {
            youngest = older;
        } else {
            newer.older = older;
        }
    }

    /** Fails what is on its way and closes what is open. */
    void close() {
        RoundTrip trip = oldest;
        while (trip != null) {
            trip.abort();
            trip.onFault(UpstreamFault.CLOSED);
            trip = oldest;
        }
        idle.forEach(line -> line.channel.close());
        idle.clear();
        lingering.forEach(line -> line.channel.close());
        H2Connection shared = h2;
        if (shared != null) {
            shared.close();
        }
        ScheduledFuture<?> ticking = tick;
        if (ticking != null) {
            ticking.cancel(false);
            tick = null;
        }
    }

    private void list(RoundTrip trip) {
        Line former = trip.line;
        if (former != null) {
            // It still waits for the end of an earlier answer, which must not be taken for the next one's.
            trip.line = null;
            former.abort();
        }
        trip.isListed = true;
        now = System.nanoTime();
        trip.startedNanos = now;
        trip.heardNanos = now;
        if (trip.isStanding()) {
            standing++;
        } else {
            client.meters().callBegins();
        }
        RoundTrip last = youngest;
        trip.older = last;
        youngest = trip;
        if (last == null) {
            oldest = trip;
        } else {
            last.newer = trip;
        }
        startTick();
    }

    private static OutgoingRequest requestOf(RoundTrip trip) {
        OutgoingRequest request = trip.request;
        if (request == null) {
            throw new IllegalStateException("a round trip without a request");
        }
        trip.request = null;
        return request;
    }

    private void connectIfNeeded() {
        if (client.isClosed()) {
            return;
        }
        H2Connection shared = h2;
        boolean full = shared != null && shared.isUsable();
        // Standing streams, and calls whose client thinks, hold their connections for long; they must not take those of
        // the others.
        while (!full
                && connecting < waiting.size()
                && open - standing - resting < limit
                && !(expectsH2 && connecting > 0)) {
            new Attempt().start();
        }
    }

    private void startTick() {
        if (tick == null) {
            long millis = Math.max(10, Math.min(1_000, shortestLimit().toMillis() / 4));
            tick = loop.scheduleAtFixedRate(new Periodic(this::tick), millis, millis, TimeUnit.MILLISECONDS);
        }
    }

    private void tick() {
        now = System.nanoTime();
        long shortest = shortestLimit().toNanos();
        RoundTrip trip = oldest;
        while (trip != null && now - trip.startedNanos > shortest) {
            RoundTrip newer = trip.newer;
            UpstreamFault over = trip.isStanding() ? null : timeUp(trip);
            if (over != null) {
                trip.abort();
                trip.onFault(over);
            }
            trip = newer;
        }
        H1Line line = idle.peekFirst();
        while (line != null && (now - line.idleSince > keepNanos || !line.channel.isActive())) {
            idle.pollFirst();
            line.channel.close();
            line = idle.peekFirst();
        }
        Line slow = lingering.peekFirst();
        while (slow != null && (!slow.isLingering() || now - slow.lingeringSince > LINGER_NANOS)) {
            lingering.pollFirst();
            if (slow.isLingering()) {
                slow.abort();
            }
            slow = lingering.peekFirst();
        }
        H2Connection shared = h2;
        if (shared != null && shared.isIdle() && now - shared.idleSince > IDLE_NANOS) {
            shared.close();
        }
        stopTickIfIdle();
    }

    private @Nullable UpstreamFault timeUp(RoundTrip trip) {
        UpstreamLimits limits = client.limits();
        if (now - trip.startedNanos - trip.restedNanos(now) > limits.hardCap().toNanos()) {
            return UpstreamFault.MAX_DURATION;
        }
        boolean isSilent = now - trip.heardNanos > limits.idleTimeout().toNanos();
        return isSilent && !trip.isResting() ? UpstreamFault.IDLE : null;
    }

    private Duration shortestLimit() {
        Duration idle = client.limits().idleTimeout();
        Duration cap = client.limits().hardCap();
        return idle.compareTo(cap) < 0 ? idle : cap;
    }

    private void stopTickIfIdle() {
        ScheduledFuture<?> ticking = tick;
        if (ticking != null && oldest == null && idle.isEmpty() && lingering.isEmpty() && h2 == null) {
            ticking.cancel(false);
            tick = null;
        }
    }

    /** One attempt to connect; it ends with a connection or a fault. */
    final class Attempt {
        private boolean settled;
        private boolean counted = true;

        boolean isSettled() {
            return settled;
        }

        private void start() {
            connecting++;
            open++;
            client.meters().connectionOpens();
            Bootstrap bootstrap = client.bootstrap(loop).handler(new ChannelInitializer<Channel>() {
                @Override
                protected void initChannel(Channel channel) {
                    channel.closeFuture().addListener(closed -> gone());
                    client.setUp(LoopPool.this, Attempt.this, channel);
                }
            });
            ChannelFuture connect = client.connect(bootstrap);
            // Each step has its own clock; this one is for a peer that stalls between the steps.
            long millis = 3 * client.limits().connectTimeout().toMillis();
            loop.schedule(() -> expire(connect.channel()), millis, TimeUnit.MILLISECONDS);
            connect.addListener(done -> {
                if (!done.isSuccess()) {
                    failed(HttpClient.faultOf(done.cause()));
                    gone();
                } else if (client.isPlainH1()) {
                    readyH1(connect.channel());
                }
            });
        }

        void readyH1(Channel channel) {
            H1Line line = new H1Line(LoopPool.this, channel);
            channel.pipeline().addLast(new StrictResponses(HttpClient.DECODER)).addLast(line);
            if (settle()) {
                expectsH2 = false;
                ready(line);
                connectIfNeeded();
            }
        }

        void readyH2(H2Connection connection) {
            if (settle()) {
                expectsH2 = true;
                H2Connection other = h2;
                if (other == null || !other.isUsable()) {
                    h2 = connection;
                } else {
                    connection.close();
                }
                h2Room(connection);
            }
        }

        void failed(UpstreamFault fault) {
            if (!settle()) {
                return;
            }
            if (fault.isAway()) {
                client.returns().away();
            }
            // Those who would have shared one connection fail together; else each attempt stands for one of them.
            int failing = expectsH2 ? waiting.size() : Math.min(1, waiting.size());
            for (int i = 0; i < failing; i++) {
                RoundTrip trip = waiting.poll();
                if (trip != null) {
                    fail(trip, fault);
                }
            }
            connectIfNeeded();
        }

        private void expire(Channel channel) {
            if (!settled) {
                failed(UpstreamFault.CONNECT_TIMEOUT);
                channel.close();
            }
        }

        private boolean settle() {
            if (settled) {
                return false;
            }
            settled = true;
            connecting--;
            return true;
        }

        private void gone() {
            if (counted) {
                counted = false;
                open--;
                client.meters().connectionCloses();
                connectIfNeeded();
            }
        }
    }
}
