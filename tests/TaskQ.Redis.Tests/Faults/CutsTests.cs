using TaskQ.Redis.Tests.Faults.Model;

namespace TaskQ.Redis.Tests.Faults;

public sealed class CutsTests
{
    [Fact]
    public void Of_FailsByThreeOfAHundred_GetsToThoseThreeInFewSteps()
    {
        var steps = 0;
        var items = Enumerable.Range(1, 100).ToArray();

        // Each time the first smaller one that still fails.
        while (Cuts.Of(items, _ => []).FirstOrDefault(Fails) is { } smaller)
        {
            items = smaller;
        }

        Assert.Equal([7, 50, 93], items);
        Assert.InRange(steps, 1, 200);

        bool Fails(int[] candidate)
        {
            steps++;
            return candidate.Count(item => item is 7 or 50 or 93) == 3;
        }
    }

    [Fact]
    public void Of_NumberMatters_GetsToTheSmallestThatStillFails()
    {
        int[] items = [3, 88, 5];

        while (Cuts.Of(items, item => Cuts.Towards(0, item)).FirstOrDefault(candidate => candidate.Any(item => item >= 41)) is { } smaller)
        {
            items = smaller;
        }

        Assert.Equal([41], items);
    }

    [Fact]
    public void Towards_AnyNumber_ComesNearerWithoutStayingOrPassing()
    {
        Assert.Empty(Cuts.Towards(1, 1));
        Assert.Equal([0, 1, 2], Cuts.Towards(0, 3));
        Assert.Equal([0, -1], Cuts.Towards(0, -2));
        Assert.Equal([1], Cuts.Towards(1, 2));
    }
}
