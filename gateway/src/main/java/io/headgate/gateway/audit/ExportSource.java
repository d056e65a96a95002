package io.headgate.gateway.audit;

import io.headgate.filter.audit.ExportConfig.Format;
import io.headgate.filter.audit.ExportFeed;
import io.headgate.filter.audit.format.RecordLine;
import io.micrometer.core.instrument.Counter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The records that wait to be exported, in order, from where the last process stopped; used by one thread. */
final class ExportSource implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ExportSource.class);

    /** What the line of a record may take, also as an event. */
    private static final int MOST_LINE = 2 * RecordLine.MOST_BYTES;

    private final ExportFeed feed;
    private final Counter lost;
    private final Path directory;
    private final OcsfEvents events = new OcsfEvents();
    private boolean isStarted;

    /** The next record; 0 for the oldest one, whichever that is. */
    private long wanted;

    private @Nullable RecordCursor cursor;

    ExportSource(ExportFeed feed, Counter lost) {
        this.feed = feed;
        this.lost = lost;
        this.directory = feed.directory();
    }

    /** Adds what is durable, as much as a batch may hold. */
    void fill(ExportBatch batch) throws IOException {
        try {
            start();
            RecordCursor records = cursor == null ? new RecordCursor(directory, wanted) : cursor;
            cursor = records;
            long durable = feed.durable();
            while (batch.records() < feed.config().batchRecords()
                    && batch.length() + MOST_LINE <= feed.config().batchBytes()
                    && records.next(durable)) {
                add(batch, records.line());
            }
        } catch (IOException unreadable) {
            close();
            throw unreadable;
        }
    }

    private void add(ExportBatch batch, RecordLine line) {
        long missing = wanted == 0 ? 0 : line.seq() - wanted;
        if (missing > 0) {
            lost.increment((double) missing);
            LOG.warn("The audit export goes on at record {}: {} before it were deleted untaken", line.seq(), missing);
        }
        wanted = line.seq() + 1;
        if (feed.config().format() == Format.RECORDS) {
            batch.add(line.seq(), line.hash(), time(line), line.bytes(), line.from(), line.to() - line.from());
            return;
        }
        byte[] event = OcsfEvents.isInternal(line) ? null : event(line);
        if (event == null) {
            batch.pass(line.seq(), line.hash(), time(line));
        } else {
            batch.add(line.seq(), line.hash(), time(line), event, 0, event.length);
        }
    }

    /** Null if somebody was at the record, so that it is none any more. */
    private byte @Nullable [] event(RecordLine line) {
        try {
            return events.of(line).getBytes(StandardCharsets.UTF_8);
        } catch (RuntimeException damaged) {
            lost.increment();
            LOG.warn("The audit export leaves out record {}, which is damaged", line.seq());
            return null;
        }
    }

    private static Instant time(RecordLine line) {
        try {
            return Instant.parse(line.time());
        } catch (DateTimeException damaged) {
            return Instant.EPOCH;
        }
    }

    private void start() throws IOException {
        if (isStarted) {
            return;
        }
        ExportPlace place = null;
        try {
            place = ExportPlace.read(directory);
        } catch (IOException damaged) {
            LOG.warn("The audit export begins with the oldest record: {}", damaged.getMessage());
        }
        if (place != null && isOfThisLog(place)) {
            wanted = place.seq() + 1;
            feed.exported(place.seq());
        } else if (place != null) {
            LOG.warn(
                    "The audit export begins with the oldest record: record {} is not the one it ended with",
                    place.seq());
        }
        isStarted = true;
    }

    /** Whether the record that was exported last is in the log, or was deleted from it when its time came. */
    private boolean isOfThisLog(ExportPlace place) throws IOException {
        long durable = feed.durable();
        try (RecordCursor records = new RecordCursor(directory, place.seq())) {
            return place.seq() <= durable
                    && records.next(durable)
                    && (records.line().seq() > place.seq()
                            || records.line().hash().equals(place.hash()));
        }
    }

    @Override
    public void close() throws IOException {
        RecordCursor open = cursor;
        cursor = null;
        if (open != null) {
            open.close();
        }
    }
}
