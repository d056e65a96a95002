/** What the file describes at one time, made whole beside what is served, and put in its place by one write. */
@NullMarked
package io.headgate.gateway.generation;

import org.jspecify.annotations.NullMarked;
