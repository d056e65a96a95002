package io.headgate.filter.audit.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A disk that fails on demand. */
final class FaultyDisk implements LogFiles {
    private static final int MOST_SECONDS = 30;

    /** How many bytes still fit; negative for no bound. */
    final AtomicLong room = new AtomicLong(-1);

    /** How many fsyncs fail from now on. */
    final AtomicInteger failingForces = new AtomicInteger();

    /** A text: the next fsync after a write of it fails, whoever else asks the disk for something before. */
    volatile @Nullable String poison;

    /** How many bytes a write takes at most. */
    volatile int mostOfAWrite = Integer.MAX_VALUE;

    /** What a write or fsync says instead of doing anything. */
    volatile @Nullable String writeError;

    /** What each fsync waits for. */
    volatile @Nullable CountDownLatch stall;

    @Override
    public LogFile create(Path path) throws IOException {
        if (room.get() == 0) {
            throw new IOException("No space left on device");
        }
        return new FaultyFile(DISK.create(path));
    }

    @Override
    public LogFile open(Path path) throws IOException {
        return new FaultyFile(DISK.open(path));
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        DISK.syncDirectory(directory);
    }

    @Override
    public long usableBytes(Path directory) {
        return room.get() < 0 ? Long.MAX_VALUE : room.get();
    }

    private final class FaultyFile implements LogFile {
        private final LogFile file;
        private boolean isForceFailed;

        FaultyFile(LogFile file) {
            this.file = file;
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            if (isForceFailed) {
                throw new AssertionError("a file whose fsync failed is written again");
            }
            String bad = poison;
            if (bad != null && UTF_8.decode(bytes.duplicate()).toString().contains(bad)) {
                poison = null;
                failingForces.set(1);
            }
            String error = writeError;
            if (error != null) {
                throw new IOException(error);
            }
            if (room.get() == 0) {
                throw new IOException("No space left on device");
            }
            long left = room.get();
            int most = left < 0 ? mostOfAWrite : (int) Math.min(left, mostOfAWrite);
            int all = bytes.limit();
            bytes.limit(bytes.position() + Math.min(bytes.remaining(), most));
            int written = file.write(bytes);
            bytes.limit(all);
            // Somebody may have made room meanwhile.
            boolean unused = room.compareAndSet(left, left < 0 ? left : left - written);
            return written;
        }

        @Override
        public void reserve(long length) throws IOException {
            if (isForceFailed) {
                throw new AssertionError("a file whose fsync failed is written again");
            }
            if (room.get() >= 0) {
                throw new IOException("No space left on device");
            }
            file.reserve(length);
        }

        @Override
        public void force() throws IOException {
            if (isForceFailed) {
                throw new AssertionError("an fsync that failed is asked for again");
            }
            CountDownLatch waits = stall;
            if (waits != null) {
                await(waits);
            }
            if (failingForces.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                isForceFailed = true;
                throw new IOException("Input/output error");
            }
            file.force();
        }

        @Override
        public void truncate(long length) throws IOException {
            file.truncate(length);
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            if (!latch.await(MOST_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("nobody released the disk");
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
