package io.headgate.gateway.demo;

import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** A file with one JSON line per executed tool call, written before the call goes on. */
final class Ledger implements AutoCloseable {
    private static final int MAX_WAITING = 65_536;
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final FileChannel file;
    private final Queue<Entry> entries = new ConcurrentLinkedQueue<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final Scheduler writer = Schedulers.newSingle("demo-ledger", /* daemon= */ true);

    private Ledger(FileChannel file) {
        this.file = file;
    }

    static Ledger open(Path path) {
        try {
            return new Ledger(FileChannel.open(
                    path, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND));
        } catch (IOException cause) {
            throw new UncheckedIOException("ledger: " + path, cause);
        }
    }

    /** Completes on the given loop when the line is in the file. */
    Mono<Void> record(String tool, byte[] arguments, @Nullable String traceparent, EventExecutor loop) {
        return Mono.create(sink -> {
            if (waiting.get() >= MAX_WAITING) {
                sink.error(new RpcFailure(200, RpcFailure.INTERNAL, "The ledger cannot keep up"));
                return;
            }
            entries.add(new Entry(line(tool, arguments, traceparent), loop, sink));
            if (waiting.getAndIncrement() == 0) {
                schedule();
            }
        });
    }

    @Override
    public void close() {
        var unused = writer.disposeGracefully().block(PATIENCE);
        try {
            file.close();
        } catch (IOException cause) {
            throw new UncheckedIOException(cause);
        }
    }

    private static byte[] line(String tool, byte[] arguments, @Nullable String traceparent) {
        return Json.utf8(Json.object()
                        .put("time", Instant.now().toString())
                        .put("tool", tool)
                        .put("argumentsSha256", HexFormat.of().formatHex(Signer.sha256(arguments)))
                        .put("traceparent", traceparent)
                + "\n");
    }

    private void schedule() {
        try {
            var unused = writer.schedule(this::writeAll);
        } catch (RejectedExecutionException closed) {
            fail(drain());
        }
    }

    private void writeAll() {
        // One write for all that wait, so that a busy server pays for the system call once per batch.
        List<Entry> batch = drain();
        try {
            write(batch);
        } catch (IOException cause) {
            fail(batch);
            return;
        }
        batch.forEach(entry -> entry.loop.execute(entry.written::success));
        done(batch);
    }

    private void fail(List<Entry> batch) {
        RpcFailure failure = new RpcFailure(200, RpcFailure.INTERNAL, "The ledger cannot be written");
        batch.forEach(entry -> entry.loop.execute(() -> entry.written.error(failure)));
        done(batch);
    }

    private void done(List<Entry> batch) {
        if (waiting.addAndGet(-batch.size()) > 0) {
            schedule();
        }
    }

    private List<Entry> drain() {
        List<Entry> batch = new ArrayList<>();
        for (int counted = waiting.get(); batch.size() < counted; ) {
            batch.add(entries.remove());
        }
        return batch;
    }

    private void write(List<Entry> batch) throws IOException {
        ByteBuffer lines = ByteBuffer.allocate(
                batch.stream().mapToInt(entry -> entry.line.length).sum());
        batch.forEach(entry -> lines.put(entry.line));
        lines.flip();
        while (lines.hasRemaining()) {
            var unused = file.write(lines);
        }
    }

    private static final class Entry {
        private final byte[] line;
        private final EventExecutor loop;
        private final MonoSink<Void> written;

        Entry(byte[] line, EventExecutor loop, MonoSink<Void> written) {
            this.line = line;
            this.loop = loop;
            this.written = written;
        }
    }
}
