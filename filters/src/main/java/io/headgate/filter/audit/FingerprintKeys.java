package io.headgate.filter.audit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The keys of the {@linkplain Fingerprints fingerprints}: a random one for each month, in a file that only the owner can
 * read.
 *
 * <p>The next month's key is made with this month's, so that a call never waits for a file.
 */
final class FingerprintKeys {
    private static final int BYTES = 32;
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");

    private final Path file;
    private final InstantSource clock;
    private final Consumer<String> whenChanged;
    private volatile Key current;
    private volatile Key next;
    private volatile long nextFromMillis;

    /** One month's key; its id is the month, {@code 2026-11}. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared by content, and read by one method only.
    record Key(String id, byte[] bytes) {
        @Override
        public String toString() {
            return "Key[" + id + "]";
        }
    }

    /**
     * Reads the file, and makes what is missing of it.
     *
     * @param whenChanged told the id of each key that replaces another one
     */
    FingerprintKeys(Path file, InstantSource clock, Consumer<String> whenChanged) {
        this.file = file;
        this.clock = clock;
        this.whenChanged = whenChanged;
        YearMonth month = YearMonth.from(clock.instant().atOffset(ZoneOffset.UTC));
        Map<String, byte[]> known = ensure(month);
        current = key(known, month);
        next = key(known, month.plusMonths(1));
        nextFromMillis = start(month.plusMonths(1));
    }

    Key current() {
        return clock.millis() < nextFromMillis ? current : advance();
    }

    private synchronized Key advance() {
        if (clock.millis() >= nextFromMillis) {
            // Until the month after has a key, this one goes on.
            change(next);
            nextFromMillis = Long.MAX_VALUE;
        }
        return current;
    }

    /** Makes the key of the month to come if it is not there; blocks, and does nothing if the file cannot be written. */
    synchronized void prepare() {
        YearMonth month = YearMonth.from(clock.instant().atOffset(ZoneOffset.UTC));
        Map<String, byte[]> known = ensure(month);
        if (!current.id().equals(month.toString())) {
            change(key(known, month));
        }
        next = key(known, month.plusMonths(1));
        nextFromMillis = start(month.plusMonths(1));
    }

    private void change(Key key) {
        boolean isOther = !key.id().equals(current.id());
        current = key;
        if (isOther) {
            whenChanged.accept(key.id());
        }
    }

    private Map<String, byte[]> ensure(YearMonth month) {
        try {
            Map<String, byte[]> known = read();
            boolean isWhole = known.containsKey(month.toString());
            for (YearMonth wanted : new YearMonth[] {month, month.plusMonths(1)}) {
                isWhole &= known.containsKey(wanted.toString());
                known.computeIfAbsent(wanted.toString(), made -> random());
            }
            if (!isWhole) {
                write(known);
            }
            return known;
        } catch (IOException unusable) {
            throw new UncheckedIOException(
                    "the audit keys " + file + " cannot be used: " + unusable.getMessage(), unusable);
        }
    }

    private static Key key(Map<String, byte[]> known, YearMonth month) {
        String id = month.toString();
        byte[] bytes = known.get(id);
        if (bytes == null) {
            throw new IllegalStateException("no key for " + id);
        }
        return new Key(id, bytes);
    }

    private Map<String, byte[]> read() throws IOException {
        Map<String, byte[]> known = new TreeMap<>();
        if (!Files.exists(file)) {
            return known;
        }
        for (String line : Files.readAllLines(file, StandardCharsets.US_ASCII)) {
            int space = line.indexOf(' ');
            try {
                byte[] bytes = HexFormat.of().parseHex(line.substring(space + 1));
                if (bytes.length != BYTES) {
                    throw new IllegalArgumentException("length");
                }
                known.put(YearMonth.parse(line.substring(0, Math.max(0, space))).toString(), bytes);
            } catch (IllegalArgumentException | DateTimeParseException damaged) {
                throw new IOException("a line of it is no month with a key", damaged);
            }
        }
        return known;
    }

    private void write(Map<String, byte[]> known) throws IOException {
        StringBuilder lines = new StringBuilder();
        known.forEach((id, bytes) -> lines.append(id)
                .append(' ')
                .append(HexFormat.of().formatHex(bytes))
                .append('\n'));
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            throw new IOException("it has no directory");
        }
        Files.createDirectories(directory);
        Path fresh = Files.createTempFile(directory, "keys", ".new", ownerOnly());
        try {
            Files.writeString(fresh, lines, StandardCharsets.US_ASCII);
            move(fresh);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    private void move(Path fresh) throws IOException {
        try {
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException notHere) {
            Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static FileAttribute<?>[] ownerOnly() {
        boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
        return posix
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
                : new FileAttribute<?>[0];
    }

    private static byte[] random() {
        byte[] bytes = new byte[BYTES];
        new SecureRandom().nextBytes(bytes);
        return bytes;
    }

    private static long start(YearMonth month) {
        return month.atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli();
    }
}
