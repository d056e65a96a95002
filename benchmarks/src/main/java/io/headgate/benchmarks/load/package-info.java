/** Whole gateways before servers of known capacity, under a load that does not wait for them. */
@NullMarked
package io.headgate.benchmarks.load;

import org.jspecify.annotations.NullMarked;
