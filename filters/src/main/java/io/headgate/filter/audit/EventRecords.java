package io.headgate.filter.audit;

import io.headgate.filter.Events;
import io.headgate.filter.Neighbourhood;
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

    private final Ledger ledger;
    private final Masks masks;
    private final InstantSource clock;
    private Map<Kind, Count> counts = new HashMap<>();

    /** The neighbourhood is a number, because a flood should cost no text. */
    private record Kind(String name, long neighbourhood) {}

    private static final class Count {
        private final long first;
        private long last;
        private long times;

        Count(long first) {
            this.first = first;
        }
    }

    EventRecords(Ledger ledger, Masks masks, InstantSource clock) {
        this.ledger = ledger;
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
        Kind kind = new Kind(name, from == null ? Neighbourhood.ANYWHERE : Neighbourhood.of(from));
        long now = clock.millis();
        synchronized (this) {
            Count count = counts.get(kind);
            if (count == null) {
                boolean isFull = counts.size() >= MOST_NEIGHBOURHOODS;
                count = counts.computeIfAbsent(
                        isFull ? new Kind(name, Neighbourhood.ANYWHERE) : kind, key -> new Count(now));
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
        ledger.write(colon < 0 ? name : name.substring(0, colon), members.toByteArray(), Durability.BALANCED);
    }

    private static String text(long neighbourhood) {
        return neighbourhood == Neighbourhood.ANYWHERE ? ELSEWHERE : Neighbourhood.text(neighbourhood);
    }
}
