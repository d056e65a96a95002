/** What the filters cost a call that they let pass. */
@NullMarked
package io.headgate.benchmarks.filter;

import org.jspecify.annotations.NullMarked;
