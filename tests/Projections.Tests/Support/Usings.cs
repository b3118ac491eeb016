global using Shouldly;
global using Xunit;
global using static Messaging.Projections.Tests.Support.Running;
