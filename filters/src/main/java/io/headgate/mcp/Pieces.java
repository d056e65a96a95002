package io.headgate.mcp;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes made of slices of other arrays, so that a changed message is copied once, when it is written to the wire. */
public final class Pieces {
    private byte[][] arrays;
    private int[] bounds;
    private int count;
    private int length;

    /** Takes one slice after another. */
    @FunctionalInterface
    public interface Sink {
        void accept(byte[] array, int offset, int length);
    }

    public Pieces() {
        this(12);
    }

    public Pieces(int expected) {
        arrays = new byte[expected][];
        bounds = new int[2 * expected];
    }

    public static Pieces of(byte[] bytes) {
        return new Pieces(1).add(bytes);
    }

    public static Pieces of(String text) {
        return new Pieces(1).add(text);
    }

    public Pieces add(byte[] bytes) {
        return add(bytes, 0, bytes.length);
    }

    public Pieces add(RawJson json) {
        return add(json.array(), json.start(), json.length());
    }

    public Pieces add(String text) {
        return add(text.getBytes(StandardCharsets.UTF_8));
    }

    public Pieces add(byte[] array, int offset, int size) {
        if (size == 0) {
            return this;
        }
        if (count == arrays.length) {
            arrays = Arrays.copyOf(arrays, 2 * count + 2);
            bounds = Arrays.copyOf(bounds, 4 * count + 4);
        }
        arrays[count] = array;
        bounds[2 * count] = offset;
        bounds[2 * count + 1] = size;
        count++;
        length += size;
        return this;
    }

    /** Takes back the comma that the pieces end with, and the white space around it. */
    void dropTrailingComma() {
        while (count > 0) {
            int last = count - 1;
            int offset = bounds[2 * last];
            int size = bounds[2 * last + 1];
            int kept = size;
            while (kept > 0 && isCommaOrSpace(arrays[last][offset + kept - 1])) {
                kept--;
            }
            length -= size - kept;
            bounds[2 * last + 1] = kept;
            if (kept > 0) {
                return;
            }
            count--;
        }
    }

    private static boolean isCommaOrSpace(byte b) {
        return b == ',' || JsonTokens.isSpace(b);
    }

    public int length() {
        return length;
    }

    public void forEach(Sink sink) {
        for (int i = 0; i < count; i++) {
            sink.accept(arrays[i], bounds[2 * i], bounds[2 * i + 1]);
        }
    }

    public byte[] toByteArray() {
        byte[] all = new byte[length];
        int at = 0;
        for (int i = 0; i < count; i++) {
            System.arraycopy(arrays[i], bounds[2 * i], all, at, bounds[2 * i + 1]);
            at += bounds[2 * i + 1];
        }
        return all;
    }

    @Override
    public String toString() {
        return new String(toByteArray(), StandardCharsets.UTF_8);
    }
}
