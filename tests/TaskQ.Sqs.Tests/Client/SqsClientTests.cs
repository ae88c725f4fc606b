using TaskQ.Sqs.Client;
using TaskQ.Sqs.Tests.Server;

namespace TaskQ.Sqs.Tests.Client;

public sealed class SqsClientTests(FauxqsServer server)
{
    [Fact]
    public async Task Create_OptionsChangedLater_KeepsThoseOfItsCreation()
    {
        SqsOptions options = server.Options();
        using ISqsClient client = SqsClient.Create(options);
        options.Endpoint = new Uri("http://127.0.0.1:1");

        string url = await client.CreateQueueAsync("c-" + Guid.NewGuid().ToString("N"), new Dictionary<string, string>(), TestContext.Current.CancellationToken);

        Assert.NotEmpty(url);
    }

    [Fact]
    public void Create_OptionsNotValid_Throws()
    {
        var error = Assert.Throws<ArgumentException>(() => SqsClient.Create(new SqsOptions { Region = "no region" }));

        Assert.Contains("Region", error.Message, StringComparison.Ordinal);
    }
}
