/** What tests of a running gateway share and what needs its classes; the rest is in {@code io.headgate.testkit}. */
@NullMarked
package io.headgate.gateway.testkit;

import org.jspecify.annotations.NullMarked;
