package io.headgate.filter.audit;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/** What whoever sends the records elsewhere must know of the log, and what they tell of how far they are. */
public final class ExportFeed {
    private final ExportConfig config;
    private final Path directory;
    private final LongSupplier durable;
    private volatile long exported;

    /**
     * @param directory where the log lies
     * @param durable the place of the last record that surely stays
     */
    public ExportFeed(ExportConfig config, Path directory, LongSupplier durable) {
        this.config = config;
        this.directory = directory;
        this.durable = durable;
    }

    public ExportConfig config() {
        return config;
    }

    public Path directory() {
        return directory;
    }

    public long durable() {
        return durable.getAsLong();
    }

    /** All records up to this one have been taken. */
    public void exported(long seq) {
        exported = seq;
    }

    Map<String, Object> state() {
        long done = exported;
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("to", config.target());
        state.put("exported", done);
        state.put("behind", Math.max(0, durable() - done));
        return state;
    }
}
