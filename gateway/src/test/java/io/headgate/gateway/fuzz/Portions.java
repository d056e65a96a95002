package io.headgate.gateway.fuzz;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32;

/** Cuts bytes as a network may. */
public final class Portions {
    private static final int MOST = 24;

    private Portions() {}

    /** One byte each. */
    public static byte[][] bytes(byte[] whole) {
        byte[][] portions = new byte[whole.length][];
        for (int i = 0; i < whole.length; i++) {
            portions[i] = new byte[] {whole[i]};
        }
        return portions;
    }

    /** At random places, the same for the same bytes. */
    public static byte[][] random(byte[] whole) {
        CRC32 seed = new CRC32();
        seed.update(whole);
        SplittableRandom random = new SplittableRandom(seed.getValue());
        List<byte[]> portions = new ArrayList<>();
        for (int from = 0; from < whole.length; ) {
            int to = Math.min(whole.length, from + 1 + random.nextInt(MOST));
            portions.add(Arrays.copyOfRange(whole, from, to));
            from = to;
        }
        return portions.toArray(byte[][]::new);
    }
}
