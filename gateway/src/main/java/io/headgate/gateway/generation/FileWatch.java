package io.headgate.gateway.generation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/**
 * Sees when one of some files is another one than before.
 *
 * <p>It looks at them twenty times a second and asks the kernel for no events: those say nothing of a symbolic link that is switched
 * (as in a ConfigMap), of a file that is mounted alone, or of one on a network. What changes is told when it has been the same
 * for a while, so that a file that is written in two steps, and several that belong together, are one change.
 */
final class FileWatch implements Disposable {
    private static final long LOOK_MILLIS = 50;
    private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final Runnable changed;
    private final Disposable.Swap looking = Disposables.swap();
    private List<Path> files = List.of();
    private List<String> told = List.of();
    private List<String> seen = List.of();
    private long firstNanos;
    private long lastNanos;

    /** @param thread on which it looks and tells; it may wait for a disk */
    FileWatch(Scheduler thread, Runnable changed) {
        this.changed = changed;
        looking.update(thread.schedulePeriodically(this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS));
    }

    /** Looks at these files from now on, as they were at that time. */
    synchronized void watch(List<Path> watched, List<String> then) {
        files = List.copyOf(watched);
        told = then;
        seen = then;
    }

    /** What tells the present state of files from any other one. */
    static List<String> stamps(List<Path> files) {
        List<String> stamps = new ArrayList<>();
        for (Path file : files) {
            stamps.add(stamp(file));
        }
        return stamps;
    }

    private static String stamp(Path file) {
        try {
            Path real = file.toRealPath();
            Map<String, Object> facts = Files.readAttributes(real, "unix:ctime,lastModifiedTime,size,ino,dev");
            return real + " " + facts;
        } catch (IOException | UnsupportedOperationException missing) {
            return Files.exists(file, LinkOption.NOFOLLOW_LINKS) ? "broken" : "missing";
        }
    }

    private void look() {
        boolean isDue;
        synchronized (this) {
            List<String> now = stamps(files);
            long nanos = System.nanoTime();
            if (!now.equals(seen)) {
                if (seen.equals(told)) {
                    firstNanos = nanos;
                }
                seen = now;
                lastNanos = nanos;
            }
            isDue = !seen.equals(told) && (nanos - lastNanos >= QUIET_NANOS || nanos - firstNanos >= LONGEST_NANOS);
            if (isDue) {
                told = seen;
            }
        }
        if (isDue) {
            changed.run();
        }
    }

    @Override
    public void dispose() {
        looking.dispose();
    }
}
