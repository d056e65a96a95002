package io.headgate.benchmarks;

import io.headgate.benchmarks.load.LoadRuns;
import java.util.Arrays;

/** What the jar runs: a load run if the first word is {@code load}, otherwise JMH. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments.length > 0 && arguments[0].equals("load")) {
            System.exit(LoadRuns.run(Arrays.asList(arguments).subList(1, arguments.length)));
        }
        org.openjdk.jmh.Main.main(arguments);
    }
}
