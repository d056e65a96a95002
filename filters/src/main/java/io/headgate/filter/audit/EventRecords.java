package io.headgate.filter.audit;

import io.headgate.filter.Events;
import io.headgate.filter.audit.log.Durability;
import java.net.InetAddress;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes down what happens besides calls.
 *
 * <p>What strangers can cause is counted, and written once a minute for each kind and neighbourhood, so that nobody can
 * fill the disk from outside.
 */
final class EventRecords implements Events.Listener {
    /** Beyond it strangers of all neighbourhoods are one. */
    private static final int MOST_NEIGHBOURHOODS = 4_096;

    private static final String ELSEWHERE = "others";
    private static final int MOST_TEXT = 256;
    private static final int IPV4_BYTES = 4;
    private static final int IPV4_PREFIX = 3;
    private static final int IPV6_PREFIX = 7;

    /** Neighbourhoods as numbers, because a flood should cost no text: all others, and what makes IPv4 no IPv6. */
    private static final long ANYWHERE = -1;

    private static final long IPV4 = 1L << 62;

    private final AuditFilter filter;
    private final Masks masks;
    private final InstantSource clock;
    private Map<Kind, Count> counts = new HashMap<>();

    private record Kind(String name, long neighbourhood) {}

    private static final class Count {
        private final long first;
        private long last;
        private long times;

        Count(long first) {
            this.first = first;
        }
    }

    EventRecords(AuditFilter filter, Masks masks, InstantSource clock) {
        this.filter = filter;
        this.masks = masks;
        this.clock = clock;
    }

    @Override
    public void happened(String name, Map<String, String> facts) {
        JsonBytes out = new JsonBytes(MOST_TEXT);
        List<String> keys = new ArrayList<>(facts.keySet());
        keys.sort(null);
        for (String key : keys) {
            String fact = facts.getOrDefault(key, "");
            out.member(key, masks.isSecret(fact) ? "***" : fact, MOST_TEXT);
        }
        write(name, out);
    }

    @Override
    public void refused(String name, @Nullable InetAddress from) {
        Kind kind = new Kind(name, from == null ? ANYWHERE : neighbourhood(from.getAddress()));
        long now = clock.millis();
        synchronized (this) {
            Count count = counts.get(kind);
            if (count == null) {
                boolean isFull = counts.size() >= MOST_NEIGHBOURHOODS;
                count = counts.computeIfAbsent(isFull ? new Kind(name, ANYWHERE) : kind, key -> new Count(now));
            }
            count.last = now;
            count.times++;
        }
    }

    /** Writes what was counted since the last time. */
    void flush() {
        Map<Kind, Count> all;
        synchronized (this) {
            all = counts;
            counts = new HashMap<>();
        }
        all.forEach((kind, count) -> {
            JsonBytes out = new JsonBytes(MOST_TEXT)
                    .key("src")
                    .raw('{')
                    .member("prefix", text(kind.neighbourhood()), MOST_TEXT)
                    .raw('}')
                    .member("count", count.times)
                    .member("first", Instant.ofEpochMilli(count.first).toString(), MOST_TEXT)
                    .member("last", Instant.ofEpochMilli(count.last).toString(), MOST_TEXT);
            write(kind.name(), out);
        });
    }

    /** The part of the name behind a colon says what exactly it was about. */
    private void write(String name, JsonBytes members) {
        int colon = name.indexOf(':');
        if (colon >= 0) {
            members.member("subject", name.substring(colon + 1), MOST_TEXT);
        }
        filter.write(colon < 0 ? name : name.substring(0, colon), members.toByteArray(), Durability.BALANCED);
    }

    /** The first 24 bits of an IPv4 address, the first 56 of the others. */
    private static long neighbourhood(byte[] address) {
        boolean isShort = address.length == IPV4_BYTES;
        long bits = 0;
        for (int i = 0; i < (isShort ? IPV4_PREFIX : IPV6_PREFIX); i++) {
            bits = (bits << 8) | (address[i] & 0xFF);
        }
        return isShort ? IPV4 | bits : bits;
    }

    private static String text(long neighbourhood) {
        if (neighbourhood == ANYWHERE) {
            return ELSEWHERE;
        }
        if ((neighbourhood & IPV4) != 0) {
            return ((neighbourhood >> 16) & 0xFF) + "." + ((neighbourhood >> 8) & 0xFF) + "." + (neighbourhood & 0xFF)
                    + ".0/24";
        }
        StringBuilder text = new StringBuilder();
        for (int i = IPV6_PREFIX - 1; i >= 0; i--) {
            String hex = Long.toHexString(0x100 | ((neighbourhood >> (8 * i)) & 0xFF));
            text.append(hex, 1, hex.length()).append(i % 2 != 0 && i > 0 ? ":" : "");
        }
        return text.append("00::/56").toString();
    }
}
