package io.headgate.mcp;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * The keys of the objects that are open while a message is read.
 *
 * <p>One table with open addressing serves all objects of a message, so that small objects cost no allocation. An
 * object's keys leave it when the object is closed. They are then the last that were added, and no later key was placed
 * in view of theirs, so clearing their places breaks no other key's search. The hash is seeded with a secret, so that a
 * stranger cannot make keys collide.
 */
final class KeySet {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final ThreadLocal<KeySet> PER_THREAD = ThreadLocal.withInitial(KeySet::new);
    private static final long SEED = new SecureRandom().nextLong() | 1;
    private static final long MULTIPLIER = 0xD6E8FEB86659FD93L;
    private static final int SMALL = 128;

    private static final int START = 0;
    private static final int STOP = 1;
    private static final int HASH = 2;
    private static final int PLACE = 3;
    private static final int WIDTH = 4;

    private int[] table = new int[2 * SMALL];
    private int[] entries = new int[WIDTH * SMALL];
    private int count;

    /** The set of this thread; whoever reads a message on the thread has it alone until {@link #clear()}. */
    static KeySet forThisThread() {
        return PER_THREAD.get();
    }

    /** Opens an object; what it returns names the object until it is closed. */
    int open() {
        return count;
    }

    /** Closes the object that was opened last, and forgets its keys. */
    void close(int object) {
        for (int i = object; i < count; i++) {
            table[entries[WIDTH * i + PLACE]] = 0;
        }
        count = object;
    }

    /** Adds a key to the object that was opened last; false if the object has it already. */
    boolean add(int object, byte[] bytes, int start, int stop, boolean escaped) {
        byte[] key = bytes;
        int from = start;
        int to = stop;
        if (escaped) {
            key = JsonStrings.decode(bytes, start, stop).getBytes(StandardCharsets.UTF_8);
            from = 0;
            to = key.length;
        }
        if (WIDTH * count == entries.length) {
            grow();
        }
        int hash = hash(object, key, from, to);
        int mask = table.length - 1;
        int place = hash & mask;
        while (table[place] != 0) {
            int other = table[place] - 1;
            int entry = WIDTH * other;
            if (other >= object
                    && entries[entry + HASH] == hash
                    && same(bytes, entries[entry + START], entries[entry + STOP], key, from, to)) {
                return false;
            }
            place = (place + 1) & mask;
        }
        int entry = WIDTH * count++;
        entries[entry + START] = start;
        entries[entry + STOP] = stop;
        entries[entry + HASH] = hash;
        entries[entry + PLACE] = place;
        table[place] = count;
        return true;
    }

    /** Forgets everything, and gives back the memory that a large message took. */
    void clear() {
        if (table.length > 2 * SMALL) {
            table = new int[2 * SMALL];
            entries = new int[WIDTH * SMALL];
        } else {
            close(0);
        }
        count = 0;
    }

    /** How many keys fit without growing. */
    int capacity() {
        return entries.length / WIDTH;
    }

    private static boolean same(byte[] bytes, int start, int stop, byte[] key, int from, int to) {
        if (Arrays.equals(bytes, start, stop, key, from, to)) {
            return true;
        }
        // The earlier key may be the one with escapes.
        if (stop - start <= to - from) {
            return false;
        }
        byte[] decoded = JsonStrings.decode(bytes, start, stop).getBytes(StandardCharsets.UTF_8);
        return Arrays.equals(decoded, 0, decoded.length, key, from, to);
    }

    private static int hash(int object, byte[] key, int from, int to) {
        int length = to - from;
        long hash = SEED + object * 0x9E3779B97F4A7C15L + length;
        for (int i = from; i + 8 < to; i += 8) {
            hash = mix(hash ^ (long) LONG.get(key, i));
        }
        return (int) mix(hash ^ tail(key, from, to, length));
    }

    /** The last eight bytes, or all if there are fewer; together with the length they differ wherever the keys do. */
    private static long tail(byte[] key, int from, int to, int length) {
        if (length >= 8) {
            return (long) LONG.get(key, to - 8);
        }
        if (length >= 4) {
            return (long) (int) INT.get(key, from) << 32 ^ ((int) INT.get(key, to - 4) & 0xFFFFFFFFL);
        }
        long tail = 0;
        for (int i = from; i < to; i++) {
            tail = tail << 8 | (key[i] & 0xFF);
        }
        return tail;
    }

    /** Every bit of the value, of both halves of its product with the secret, reaches every low bit. */
    private static long mix(long value) {
        long secret = value * SEED;
        return Math.multiplyHigh(secret, MULTIPLIER) ^ (secret * MULTIPLIER);
    }

    private void grow() {
        int[] larger = new int[2 * table.length];
        int mask = larger.length - 1;
        entries = Arrays.copyOf(entries, 2 * entries.length);
        for (int i = 0; i < count; i++) {
            int place = entries[WIDTH * i + HASH] & mask;
            while (larger[place] != 0) {
                place = (place + 1) & mask;
            }
            larger[place] = i + 1;
            entries[WIDTH * i + PLACE] = place;
        }
        table = larger;
    }
}
