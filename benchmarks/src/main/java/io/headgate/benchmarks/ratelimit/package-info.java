/** What a limit costs. */
@NullMarked
package io.headgate.benchmarks.ratelimit;

import org.jspecify.annotations.NullMarked;
