package io.headgate.gateway.admin;

import io.headgate.gateway.generation.PolicyFile;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What operators are shown of the file that is in force.
 *
 * @param number of the generation
 * @param reason why it was put in force
 * @param files all that was read
 * @param effective the file with every default filled in, and without secrets
 * @param refused what was refused since, or null
 */
record RunningConfig(
        int number,
        String digest,
        String reason,
        Instant since,
        List<String> files,
        Map<String, Object> effective,
        PolicyFile.@Nullable Outcome refused) {}
