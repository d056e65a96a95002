package io.headgate.filter.audit.log;

import io.headgate.filter.audit.log.LogFiles.LogFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Times what the writer asks of the disk, and says so when it takes too long: the writer itself cannot then. */
final class DiskWatch implements LogFiles, Runnable {
    private static final int LOOKS_PER_STALL = 4;

    private final LogFiles disk;
    private final long stallNanos;
    private final LogHealth health;
    private final AuditMeters meters;
    private volatile long busySince;
    private volatile boolean isOver;

    DiskWatch(LogFiles disk, Duration stall, LogHealth health, AuditMeters meters) {
        this.disk = disk;
        this.stallNanos = stall.toNanos();
        this.health = health;
        this.meters = meters;
    }

    @Override
    public void run() {
        while (!isOver) {
            LockSupport.parkNanos(this, stallNanos / LOOKS_PER_STALL);
            long since = busySince;
            if (since != 0
                    && System.nanoTime() - since > stallNanos
                    && health.change(LogState.OK, LogState.STALLED)
                    && busySince != since) {
                // It came back between the two looks, and may not have seen that it was missed.
                recovered();
            }
        }
    }

    void end(Thread watcher) {
        isOver = true;
        LockSupport.unpark(watcher);
    }

    private void begin() {
        long now = System.nanoTime();
        busySince = now == 0 ? 1 : now;
    }

    private void end() {
        busySince = 0;
        if (health.get() == LogState.STALLED) {
            recovered();
        }
    }

    private void recovered() {
        boolean unused = health.change(LogState.STALLED, LogState.OK);
    }

    @Override
    public LogFile create(Path path) throws IOException {
        begin();
        try {
            return new WatchedFile(disk.create(path));
        } finally {
            end();
        }
    }

    @Override
    public LogFile open(Path path) throws IOException {
        return new WatchedFile(disk.open(path));
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        begin();
        try {
            disk.syncDirectory(directory);
        } finally {
            end();
        }
    }

    @Override
    public long usableBytes(Path directory) throws IOException {
        return disk.usableBytes(directory);
    }

    /** A file of the disk that is watched. */
    private final class WatchedFile implements LogFile {
        private final LogFile file;

        WatchedFile(LogFile file) {
            this.file = file;
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            begin();
            try {
                return file.write(bytes);
            } finally {
                end();
            }
        }

        @Override
        public void reserve(long length) throws IOException {
            begin();
            try {
                file.reserve(length);
            } finally {
                end();
            }
        }

        @Override
        public void force() throws IOException {
            begin();
            long start = System.nanoTime();
            try {
                file.force();
            } catch (IOException failed) {
                meters.fsyncErrors.increment();
                throw failed;
            } finally {
                meters.fsync.record(Duration.ofNanos(System.nanoTime() - start));
                end();
            }
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
}
