package io.headgate.benchmarks.load;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/** Several loads at the same time. */
final class Together {
    private Together() {}

    /** One load, its rate, and who looks at each second of it. */
    record Part(OpenLoop load, double callsPerSecond, Consumer<Tally> eachSecond) {}

    /** What came of each part, by its name, in the order of the parts. */
    static Map<String, Tally> run(Map<String, Part> parts, int seconds) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(parts.size());
        try {
            List<Future<Tally>> running = new ArrayList<>();
            for (Part part : parts.values()) {
                running.add(threads.submit(() -> part.load().run(part.callsPerSecond(), seconds, part.eachSecond())));
            }
            Map<String, Tally> tallies = new LinkedHashMap<>();
            int index = 0;
            for (String name : parts.keySet()) {
                tallies.put(name, running.get(index++).get());
            }
            return tallies;
        } finally {
            threads.shutdownNow();
        }
    }
}
