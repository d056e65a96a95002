/** One class per question; the README answers it. */
@NullMarked
package io.headgate.benchmarks;

import org.jspecify.annotations.NullMarked;
