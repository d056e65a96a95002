package io.headgate.benchmarks.load;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Processes that do nothing and take all the CPU that they get, as on a machine that has other work. */
final class BusyMachine implements AutoCloseable {
    private final List<Process> processes = new ArrayList<>();

    BusyMachine(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            processes.add(new ProcessBuilder("sh", "-c", "while :; do :; done").start());
        }
    }

    @Override
    public void close() {
        processes.forEach(Process::destroyForcibly);
    }
}
