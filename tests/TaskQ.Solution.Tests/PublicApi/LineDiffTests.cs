namespace TaskQ.Solution.Tests.PublicApi;

public sealed class LineDiffTests
{
    [Fact]
    public void Of_EqualTexts_IsEmpty() => Assert.Equal("", LineDiff.Of("class A\n    int B\n", "class A\n    int B\n"));

    [Fact]
    public void Of_ChangedMember_ShowsBothUnderItsType() =>
        Assert.Equal(
            "  class A\n-     int B\n+     long B",
            LineDiff.Of("class A\n    int B\n    int C\n", "class A\n    long B\n    int C\n"));

    [Fact]
    public void Of_AddedType_ShowsItAsAdded() =>
        Assert.Equal("+ class B\n+     int C\n+ ", LineDiff.Of("class A\n", "class A\nclass B\n    int C\n\n"));
}
