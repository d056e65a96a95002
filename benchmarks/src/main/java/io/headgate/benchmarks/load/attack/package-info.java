/** Hostile callers and servers, in processes of their own, each at a rate of its own. */
@NullMarked
package io.headgate.benchmarks.load.attack;

import org.jspecify.annotations.NullMarked;
