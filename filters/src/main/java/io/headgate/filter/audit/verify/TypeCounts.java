package io.headgate.filter.audit.verify;

import io.headgate.filter.audit.format.RecordLine;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** How many records of each type there are; a few types, so that a text need not be made for each record. */
final class TypeCounts {
    private static final int MOST = 64;
    private static final String OTHER = "other";

    private final List<Count> counts = new ArrayList<>();

    private static final class Count {
        private final byte[] type;
        private long number;

        Count(byte[] type) {
            this.type = type;
        }
    }

    void add(RecordLine line) {
        for (int i = 0; i < counts.size(); i++) {
            Count count = counts.get(i);
            if (line.isOfType(count.type) || i == MOST) {
                count.number++;
                return;
            }
        }
        String type = counts.size() == MOST ? OTHER : line.type();
        Count count = new Count(type.getBytes(StandardCharsets.US_ASCII));
        count.number = 1;
        counts.add(count);
    }

    Map<String, Long> toMap() {
        Map<String, Long> map = new TreeMap<>();
        for (Count count : counts) {
            String type = Findings.printable(new String(count.type, StandardCharsets.US_ASCII));
            Long unused = map.merge(type, count.number, Long::sum);
        }
        return map;
    }
}
