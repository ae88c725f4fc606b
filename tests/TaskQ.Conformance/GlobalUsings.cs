global using TaskQ.Conformance.Harness;
global using Xunit;
