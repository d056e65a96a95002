package io.headgate.gateway.session;

import io.headgate.filter.Sender;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The open sessions by their senders, so that one of them cannot take the room of all: where there is none left, it is made
 * where most of it was taken.
 */
final class SessionTable {
    /** Beyond it nobody looks for a session of a sender that can go. */
    private static final int MOST_LOOKED_AT = 64;

    private static final class Group {
        private final Sender sender;
        private final NavigableMap<Long, Session> unused = new TreeMap<>();
        private final NavigableMap<Long, Session> used = new TreeMap<>();

        Group(Sender sender) {
            this.sender = sender;
        }

        int size() {
            return unused.size() + used.size();
        }
    }

    private record Place(Group group, long number) {}

    // All below is guarded by this.
    private final Map<Sender, Group> groups = new HashMap<>();
    private final NavigableMap<Integer, Set<Group>> bySize = new TreeMap<>();
    private final Map<Session, Place> places = new HashMap<>();
    private long lastNumber;

    synchronized void add(Session session, Sender sender) {
        Group group = groups.computeIfAbsent(sender, Group::new);
        takeOut(group);
        Place place = new Place(group, ++lastNumber);
        places.put(session, place);
        group.unused.put(place.number, session);
        putIn(group);
    }

    /** The client has made a request in it. */
    synchronized void used(Session session) {
        Place place = places.get(session);
        if (place != null && place.group.unused.remove(place.number) != null) {
            place.group.used.put(place.number, session);
        }
    }

    synchronized void remove(Session session) {
        Place place = places.remove(session);
        if (place != null) {
            takeOut(place.group);
            place.group.unused.remove(place.number);
            place.group.used.remove(place.number);
            putIn(place.group);
        }
    }

    /**
     * The session that should go for a new one of a sender, or null if that sender has no less than any other: of the sender
     * that has most the newest that was never used, else the newest in which nothing goes on.
     */
    synchronized @Nullable Session expendable(Sender newcomer) {
        Map.Entry<Integer, Set<Group>> largest = bySize.lastEntry();
        if (largest == null) {
            return null;
        }
        Group own = groups.get(newcomer);
        Group group = largest.getValue().iterator().next();
        if (own != null && own.size() == group.size()) {
            group = own;
        }
        Map.Entry<Long, Session> newest = group.unused.lastEntry();
        if (newest != null) {
            return newest.getValue();
        }
        return group == own ? null : quiet(group);
    }

    private static @Nullable Session quiet(Group group) {
        int looks = 0;
        for (Session each : group.used.descendingMap().values()) {
            if (!each.isBusy()) {
                return each;
            }
            if (++looks == MOST_LOOKED_AT) {
                break;
            }
        }
        return null;
    }

    private void takeOut(Group group) {
        Set<Group> same = bySize.get(group.size());
        if (same != null && same.remove(group) && same.isEmpty()) {
            bySize.remove(group.size());
        }
    }

    private void putIn(Group group) {
        if (group.size() == 0) {
            groups.remove(group.sender);
        } else {
            bySize.computeIfAbsent(group.size(), size -> new HashSet<>()).add(group);
        }
    }
}
